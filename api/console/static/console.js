// What changes in place: fragments that are fetched again, buttons that copy, and forms that are sent
// once. Every page works without it.
"use strict";

// A live part is an element with data-live, the URL of its fragment, and data-every, in seconds. It
// is fetched while its page is looked at, until a fragment has an element with data-done.
const live = (part) => {
  const again = Number(part.dataset.every || 5) * 1000;
  const next = () => setTimeout(fetchIt, again);
  const fetchIt = async () => {
    if (document.hidden || part.contains(document.activeElement) || hasSelection(part)) return next();
    let answer;
    try {
      answer = await fetch(part.dataset.live, { headers: { "X-Fragment": "1" }, redirect: "error" });
    } catch {
      return next();
    }
    if (answer.status === 404) return location.reload(); // it is over
    if (answer.ok || answer.status === 401) put(await answer.text(), part); // 401: so is the session
    if (!part.querySelector("[data-done]")) next();
  };
  if (!part.querySelector("[data-done]")) next();
};

const hasSelection = (part) => {
  const selection = getSelection();
  return !selection.isCollapsed && part.contains(selection.anchorNode);
};

// Only what differs is put in place, so that a reader hears and sees nothing new without news.
const put = (html, part) => {
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  if (fresh.innerHTML === part.dataset.shown) return;
  part.dataset.shown = fresh.innerHTML;
  part.replaceChildren(fresh.content);
  begin(part);
};

const copying = (button) => {
  const field = document.getElementById(button.dataset.copy);
  const words = button.innerHTML;
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // browsers keep the clipboard from pages without TLS
    }
    button.textContent = "Copied";
    setTimeout(() => { button.innerHTML = words; }, 2000);
  });
};

// A box with data-all ticks all boxes of its form.
const ticking = (box) => {
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.addEventListener("change", () => {
    for (const each of box.form.querySelectorAll(`input[type=checkbox][name=${box.dataset.all}]`)) {
      each.checked = box.checked;
    }
  });
};

// A form that changes something is sent once, however often its button is pressed. The button is
// disabled after the form was read, because a disabled one is left out of what is sent.
addEventListener("submit", ({ target: form }) => {
  if (form.method !== "post") return;
  setTimeout(() => buttonsOf(form).forEach((button) => { button.disabled = true; }));
});

// A visitor who comes back may send the form again; some browsers keep the page, or its buttons.
addEventListener("pageshow", () => {
  for (const form of document.forms) buttonsOf(form).forEach((button) => { button.disabled = false; });
});

const buttonsOf = (form) => [...form.elements].filter((each) => each.type === "submit");

const begin = (root) => {
  root.querySelectorAll("[data-live]").forEach(live);
  root.querySelectorAll("[data-copy]").forEach(copying);
  root.querySelectorAll("[data-all]").forEach(ticking);
};

begin(document);
