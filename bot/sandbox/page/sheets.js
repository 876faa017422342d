/** What lies over the chat: dialogs, toasts, menus. Native <dialog> keeps the focus inside, closes on Escape. */

import { byId, el, icon } from "./dom.js";
import { t } from "./language.js";

const TOAST_MS = 5000;

/**
 * Open a modal sheet. A click beside it closes it, as Escape does.
 * @param {string} title
 * @param {Node[]} content
 * @param {{onclose?: () => void, class?: string}} [options]
 * @returns {HTMLDialogElement}
 */
export function sheet(title, content, options = {}) {
  const dialog = el(
    "dialog",
    { class: `sheet ${options.class ?? ""}`, "aria-label": title },
    el("h2", { tabindex: "-1", autofocus: true }, title),
    ...content,
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    options.onclose?.();
    // The browser gives the focus back by itself, unless what had it was repainted meanwhile.
    if (document.activeElement === document.body) byId("composer").focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A button of a sheet; `kind` is primary, plain or danger. */
export function sheetButton(text, onclick, kind = "plain", testid = null) {
  return el("button", { type: "button", class: `wide ${kind}`, "data-testid": testid, onclick }, text);
}

/** The answer to a callback with show_alert: stays until it is closed. */
export function alertSheet(text) {
  const dialog = sheet(t("botAnswer"), [el("p", { class: "alert-text" }, text)], { class: "alert" });
  dialog.dataset.testid = "toast";
  dialog.append(sheetButton(t("ok"), () => dialog.close(), "primary"));
}

/** A short note over the chat; `loud` stays until it is dismissed. */
export function toast(text, { loud = false } = {}) {
  const note = el(
    "div",
    { class: loud ? "toast loud" : "toast", "data-testid": "toast", role: loud ? "alert" : "status" },
    el("span", {}, text),
  );
  const close = el(
    "button",
    { type: "button", class: "icon-button", "aria-label": t("close"), onclick: () => note.remove() },
    icon("close"),
  );
  if (loud) note.append(close);
  else setTimeout(() => note.remove(), TOAST_MS);
  const box = byId("toasts");
  if (box.childElementCount > 3) box.firstElementChild.remove();
  box.append(note);
  raise(box);
}

/** Open dialogs lie in the browser's top layer; a note must lie above them, so the box enters that layer again. */
function raise(box) {
  if (box.matches(":popover-open")) box.hidePopover();
  placeNotes();
  box.showPopover();
}

/** At the head of the messages, below whatever the page says of its connection. */
function placeNotes() {
  const [box, stage] = [byId("toasts"), byId("stage").getBoundingClientRect()];
  box.style.left = `${stage.width ? stage.left + stage.width / 2 : window.innerWidth / 2}px`;
  box.style.top = `${stage.width ? stage.top + 10 : 68}px`;
}
new ResizeObserver(placeNotes).observe(byId("stage"));

/**
 * A pop-up menu at `anchor`, with arrow keys, Home, End and Escape.
 * @param {HTMLElement} anchor
 * @param {Array<{text: string, icon: string, action: () => void, testid?: string, href?: string}>} items
 */
export function popup(anchor, items) {
  closePopup();
  const menu = el(
    "div",
    { class: "popup", role: "menu", id: "popup" },
    ...items.map((item) => menuItem(item)),
  );
  document.body.append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  menu.addEventListener("keydown", (event) => onMenuKey(event, menu));
  menu.owner = anchor;
  setTimeout(() => document.addEventListener("pointerdown", onOutside));
  menu.firstElementChild.focus();
}

function menuItem({ text, icon: name, action, testid, href }) {
  const run = () => {
    closePopup();
    action?.();
  };
  const attributes = {
    class: "menu-item",
    role: "menuitem",
    tabindex: "-1",
    "data-testid": testid,
    onclick: run,
  };
  return href
    ? el("a", { ...attributes, href, target: "_blank" }, icon(name), text)
    : el("button", { ...attributes, type: "button" }, icon(name), text);
}

function place(menu, anchor) {
  const box = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = box.bottom + height + 8 < window.innerHeight;
  menu.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
  menu.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`;
}

function onMenuKey(event, menu) {
  const items = [...menu.children];
  const at = items.indexOf(document.activeElement);
  const goal = { ArrowDown: at + 1, ArrowUp: at - 1 + items.length, Home: 0, End: items.length - 1 }[
    event.key
  ];
  if (goal !== undefined) items[goal % items.length].focus();
  else if (event.key === "Escape" || event.key === "Tab") closePopup();
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function onOutside(event) {
  if (!event.target.closest("#popup")) closePopup(false);
}

function closePopup(refocus = true) {
  const menu = byId("popup");
  if (!menu) return;
  document.removeEventListener("pointerdown", onOutside);
  menu.owner.removeAttribute("aria-expanded");
  menu.remove();
  if (refocus) menu.owner.focus({ preventScroll: true });
}
