// Small conveniences; every page works without them.
"use strict";

// A file over the limit is said at once, before it is sent; the server checks again.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || !input.dataset.limit) return;
  const tooLarge = input.files.length > 0 && input.files[0].size > Number(input.dataset.limit);
  input.form.querySelector(".remark").textContent = tooLarge ? input.dataset.tooLarge : "";
  input.classList.toggle("is-invalid", tooLarge);
  if (tooLarge) input.value = "";
});

// The form of the pre-check is previewed as one types; its buttons send it as a plain form. A preview that was still to come
// when a button was pressed must not follow that button (htmx would send it to the button's address): it is not sent at all.
let leaving = false;
document.addEventListener("submit", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));
document.addEventListener("htmx:confirm", (event) => {
  const cause = event.detail.triggeringEvent;
  if (leaving || (cause && cause.type === "submit")) event.preventDefault();
});
document.addEventListener("htmx:configRequest", (event) => {
  const address = event.detail.elt.getAttribute("hx-post");
  if (address) Object.assign(event.detail, { path: address, verb: "post" });
});

// A form whose answer changes the session is sent once: the answer to the first press is the one that counts.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.once === undefined) return;
  if (form.dataset.once === "sent") event.preventDefault();
  form.dataset.once = "sent";
});
addEventListener("pageshow", () => document.querySelectorAll('form[data-once="sent"]').forEach((form) => (form.dataset.once = "")));

// A form whose answer never came: whoever goes back to it is shown where it stands what became of it.
document.addEventListener("submit", (event) => {
  const key = event.target.querySelector('input[name="_key"]');
  if (key && event.target.method === "post") sessionStorage.setItem("unanswered", key.value);
});
addEventListener("pageshow", (event) => {
  const key = sessionStorage.getItem("unanswered");
  const [entry] = performance.getEntriesByType("navigation");
  const cameBack = event.persisted || (entry && entry.type === "back_forward");
  const hint = document.getElementById("unanswered");
  if (key && hint && cameBack) {
    hint.querySelector("a").href = "/submissions?key=" + encodeURIComponent(key);
    hint.hidden = false;
  }
  if (!cameBack) sessionStorage.removeItem("unanswered");
});

// A menu that stands open is closed by Escape, and by a press anywhere else.
const closeMenus = (but) => document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== but && (menu.open = false));
document.addEventListener("click", (event) => closeMenus(event.target instanceof Element ? event.target.closest("details.menu") : null));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  closeMenus(null);
  menu.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLElement && event.target.dataset.print !== undefined) print();
});
// The count of unread notices is kept up to date while the page is looked at; the server tells it whenever it changes.
const notices = document.querySelector("[data-notices]");
if (notices) {
  const badge = notices.querySelector(".notice-count");
  let source = null;
  const close = () => {
    if (source) source.close();
    source = null;
  };
  const open = () => {
    if (document.hidden || source) return;
    source = new EventSource(notices.dataset.notices);
    source.addEventListener("unread", (event) => {
      badge.textContent = Number(event.data) > 99 ? "99+" : event.data;
      badge.hidden = event.data === "0";
    });
    source.addEventListener("end", close);
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}
