// Passkeys: a button fetches what is to be signed, asks the browser, and sends its form with the answer (W3C Web Authentication).
// A browser that knows no passkeys, or a page at another address than ours, never shows the button.
"use strict";

const bytes = (said) => Uint8Array.from(atob(said.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
const words = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join(""))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function asked(button, form) {
  const body = new URLSearchParams();
  for (const name of ["_csrf", "tenant"]) if (form.elements[name]) body.set(name, form.elements[name].value);
  const tenant = document.getElementById("tenant");
  if (tenant) body.set("tenant", tenant.value);
  const answer = await fetch(button.dataset.passkey, { method: "POST", body });
  if (answer.status === 401) location.reload();
  if (!answer.ok) throw new Error(answer.status);
  const options = await answer.json();
  options.challenge = bytes(options.challenge);
  for (const list of ["allowCredentials", "excludeCredentials"])
    options[list] = (options[list] || []).map((one) => ({ ...one, id: bytes(one.id) }));
  if (options.user) options.user.id = bytes(options.user.id);
  return options;
}

async function answered(options) {
  const made = options.user
    ? await navigator.credentials.create({ publicKey: options })
    : await navigator.credentials.get({ publicKey: options });
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (made.response[name]) response[name] = words(made.response[name]);
  return JSON.stringify({ id: made.id, rawId: words(made.rawId), type: made.type, response });
}

async function use(button) {
  const form = button.form;
  const remark = form.querySelector("[role=alert].remark");
  for (const input of form.querySelectorAll("input[name=name]")) if (!input.reportValidity()) return;
  button.disabled = true;
  remark.textContent = "";
  try {
    form.elements[button.dataset.answer].value = await answered(await asked(button, form));
    const tenant = document.getElementById("tenant");
    if (tenant && tenant.form !== form) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "tenant", value: tenant.value }));
    form.submit();
  } catch (error) {
    const said = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" }[error.name];
    remark.textContent = button.dataset[said || "failed"];
    button.disabled = false;
  }
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  const usable = window.PublicKeyCredential && location.origin === button.dataset.origin;
  button.hidden = !usable;
  button.addEventListener("click", () => use(button));
  button.form.addEventListener("submit", (event) => {
    if (button.form.querySelector("[type=submit]")) return; // Enter in a form whose only button this is
    event.preventDefault();
    if (usable) use(button);
  });
  if (!usable) button.form.querySelector("[role=alert].remark").textContent = button.dataset.unusable || "";
}
