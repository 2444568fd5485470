// What the page says to the server, and to who looks at it.
export const GONE = "balltrack has stopped: start it again, and open the address that it says";

export const $ = (id) => document.getElementById(id);

export function say(text, bad = false) {
  $("message").textContent = $("message").title = text;
  $("message").className = bad ? "bad" : "";
}

// Errors have the status that the server answered with, none where there is no server any more.
export async function ask(path, body) {
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(path, sent).catch(() => null);
  if (!answer || answer.status === 403) throw new Error(GONE);
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw Object.assign(new Error(told.error || answer.statusText), { status: answer.status });
}
