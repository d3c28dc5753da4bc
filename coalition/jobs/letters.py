"""Letters are put into words and sent: outside of every transaction, at least once, under one number each."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import current_app

from coalition import letters
from coalition.kernel import config, crash, jobs, ports
from coalition.kernel.web.language import spoken
from coalition.ports import Mail, Mailer, MailRefused, MailUnreachable

_CHUNK = 1000


@jobs.handles(letters.JOB)
def send(task: jobs.Task) -> None:
    """Send one letter; a mail server that does not answer is asked again for a day, then the letter is given up."""
    letter_id = task.args["letter_id"]
    letter = task.step(lambda: letters.opened(letter_id))
    if letter is None:
        return
    try:
        crash.point("before_rpc")
        _carry(worded(letter))
        crash.point("after_rpc_before_record")
    except MailRefused as refusal:
        why = str(refusal)
        task.finish(lambda: letters.refused(letter_id, why))
    except MailUnreachable as silence:
        why = str(silence)
        pause_s = task.step(lambda: letters.failed(letter_id, why))
        if pause_s is not None:
            raise jobs.Retry(pause_s, why) from silence
    else:
        task.finish(lambda: letters.sent(letter_id))


@jobs.handles("letters.clear")
def clear(task: jobs.Task) -> None:
    """Forget letters of a month ago, a chunk a transaction."""
    while task.step(lambda: letters.clear_old(_CHUNK)) == _CHUNK:
        pass


def worded(letter: letters.Letter) -> Mail:
    """The letter in its recipient's language, as text and as HTML; the subject is the text's first line."""
    templates, base = current_app.jinja_env, config.current().base_url
    frame = templates.get_template("letters/letter.html")
    facts = {**letter.facts, "base_url": base, "link": _link(letter, base), "language": letter.language}
    with spoken(letter.language):
        text = templates.get_template(f"letters/{letter.kind}.txt").render(facts)
        subject, _, text = text.lstrip().partition("\n")
        html = frame.render(facts, subject=subject, paragraphs=_paragraphs(text))
    number = f"letter-{letter.id}@{config.current().hosts[0] or 'localhost'}"
    return Mail(number, letter.recipient, subject.strip(), text.strip() + "\n", html, letter.language)


def _carry(mail: Mail) -> None:
    try:
        mailer = ports.get(Mailer)
    except ports.PortNotBound as error:
        raise MailUnreachable("no way of mails is set up (MAIL_URL)") from error
    mailer.send(mail)


def _link(letter: letters.Letter, base: str) -> str:
    """The address that the letter is about: its page, and the token that opens it."""
    page, token = letter.facts.get("page", ""), letter.facts.get("token")
    return f"{base}{page}?{urlencode({'token': token})}" if token else f"{base}{page}"


def _paragraphs(text: str) -> list[str]:
    return [" ".join(block.split()) for block in text.strip().split("\n\n") if block.strip()]


jobs.every("letters.clear", 3600, "letters.clear")
