/* Small conveniences; every page and form works without them. */
"use strict";

(() => {
  const show = (root) => {
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = !navigator.clipboard;
    for (const button of root.querySelectorAll("[data-theme-switch]")) button.hidden = false;
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  };

  const switchTheme = () => {
    const root = document.documentElement;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    document.cookie = `calcifer_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.copy) copy(button);
    if (button && "themeSwitch" in button.dataset) switchTheme();
    for (const open of document.querySelectorAll("details.person[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const open of document.querySelectorAll("details.person[open]")) open.open = false;
  });

  // A form that is sent twice does its work once.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.target.dataset.sent) {
      if (event.target.dataset.sent) event.preventDefault();
      return;
    }
    event.target.dataset.sent = "yes";
    setTimeout(() => delete event.target.dataset.sent, 3000);
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  document.addEventListener("htmx:after:swap", (event) => show(event.target));
  show(document);
})();
