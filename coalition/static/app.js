// Progressive only: every page works without this file.
document.documentElement.classList.add("js");

// The error summary takes the focus, so that it is read first.
document.querySelector("[data-error-summary]")?.focus();

// A choice that filters a list applies itself; its button is for those without script.
for (const control of document.querySelectorAll("[data-apply]")) {
  control.addEventListener("change", () => {
    if (control.dataset.near) control.form.action = control.form.action.replace(/#.*|$/, `#${control.dataset.near}`);
    control.form.requestSubmit();
  });
}

// A second press of a slow button must not send the form again (the server would answer the same anyway).
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// An open menu closes on Escape and on a press elsewhere.
const menus = document.querySelectorAll("details.menu, details.pick");
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});

// An offer that is good for a while: the minutes that are left, and the page anew when they are over.
const clocks = [...document.querySelectorAll("[data-until]")];
function count() {
  for (const clock of clocks) {
    const left = Math.ceil((Date.parse(clock.dataset.until) - Date.now()) / 1000);
    if (left <= 0) return location.reload();
    clock.textContent = ` (${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})`;
  }
}
if (clocks.length) {
  count();
  setInterval(count, 1000);
}

// What is ticked in a list that drops down stands on its closed face.
for (const told of document.querySelectorAll("[data-picked]")) {
  const pick = told.closest("details");
  pick.addEventListener("change", () => {
    const words = [...pick.querySelectorAll("input:checked")].map((box) => box.nextElementSibling.textContent);
    told.textContent = words.join(", ") || told.dataset.picked;
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
