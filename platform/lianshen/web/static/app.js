// Two small conveniences; every page works without them.
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

// The form of the pre-check is previewed as one types; its buttons send it as a plain form.
document.addEventListener("htmx:confirm", (event) => {
  if (event.detail.triggeringEvent && event.detail.triggeringEvent.type === "submit") event.preventDefault();
});
