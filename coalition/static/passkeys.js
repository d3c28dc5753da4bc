// Passkeys: the one thing that a browser does by script alone. The answer travels in the form.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function asked(options) {
  const key = { ...options, challenge: bytes(options.challenge) };
  if (options.user) key.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) key[list] = options[list].map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return { publicKey: key };
}

function told(made) {
  const { response } = made;
  const answer = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    answer.attestationObject = text(response.attestationObject);
    answer.transports = response.getTransports ? response.getTransports() : [];
  } else {
    answer.authenticatorData = text(response.authenticatorData);
    answer.signature = text(response.signature);
    answer.userHandle = response.userHandle ? text(response.userHandle) : null;
  }
  return JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response: answer });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const options = asked(JSON.parse(form.dataset.options));
      const made = await navigator.credentials[form.dataset.passkey](options);
      form.elements.answer.value = told(made);
      form.submit();
    } catch {
      form.querySelector("[data-passkey-failed]").hidden = false;
      delete form.dataset.sent;
    }
  });
}
