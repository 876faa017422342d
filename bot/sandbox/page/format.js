/** Telegram's entities to DOM nodes. Offsets and lengths count UTF-16 units, which is what JS strings are made of. */

import { el } from "./dom.js";
import { t } from "./language.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};
const BLOCKS = new Set(["blockquote", "expandable_blockquote", "pre"]);
const SAFE_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:", "tg:"]);

/**
 * @param {string} text
 * @param {Array<object>} entities of the Bot API
 * @param {object} actions `command(text)`, `link(event, url)` and `copy(text)`: what a press leads to
 * @returns {DocumentFragment}
 */
export function formatted(text, entities, actions) {
  const sorted = [...(entities ?? [])]
    .filter((entity) => entity.length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, 0, text.length, sorted, actions);
}

/** The part [from, to) of the text; `entities` are sorted and consumed from the front as they open. */
function build(text, from, to, entities, actions) {
  const fragment = document.createDocumentFragment();
  let at = from;
  while (entities.length && entities[0].offset < to) {
    const entity = entities.shift();
    const start = Math.max(at, entity.offset);
    const end = Math.min(to, entity.offset + entity.length);
    if (end <= start) continue;
    fragment.append(text.slice(at, start));
    fragment.append(
      wrapped(entity, text.slice(start, end), build(text, start, end, entities, actions), actions),
    );
    // A block ends its line by itself: the newline behind it would show as an empty line.
    at = BLOCKS.has(entity.type) && end < to && text[end] === "\n" ? end + 1 : end;
  }
  fragment.append(text.slice(at, to));
  return fragment;
}

function wrapped(entity, text, inner, actions) {
  switch (entity.type) {
    case "bold":
    case "italic":
    case "underline":
    case "strikethrough":
    case "blockquote":
      return el(TAGS[entity.type], {}, inner);
    case "expandable_blockquote":
      return expandable(inner);
    case "code":
      return copyable(inner, text, actions);
    case "pre":
      return preformatted(entity.language, inner, text, actions);
    case "spoiler":
      return spoiler(inner);
    case "bot_command":
      return el(
        "button",
        { type: "button", class: "link", "data-command": text, onclick: () => actions.command(text) },
        inner,
      );
    case "text_link":
      return link(entity.url, inner, actions);
    case "url":
      return link(/^[a-z][\w+.-]*:/i.test(text) ? text : `https://${text}`, inner, actions);
    case "email":
      return link(`mailto:${text}`, inner, actions);
    case "phone_number":
      return link(`tel:${text.replace(/[^\d+]/g, "")}`, inner, actions);
    case "mention":
      return link(`https://t.me/${text.slice(1)}`, inner, actions);
    case "text_mention":
    case "hashtag":
    case "cashtag":
      return el("span", { class: "mention" }, inner);
    default:
      return inner;
  }
}

/** A link, or plain text when its scheme could run code (`javascript:`). */
export function link(url, inner, actions) {
  if (!URL.canParse(url) || !SAFE_SCHEMES.has(new URL(url).protocol)) return inner;
  return el(
    "a",
    { href: url, target: "_blank", rel: "noopener noreferrer", onclick: (event) => actions.link(event, url) },
    inner,
  );
}

export function spoiler(inner) {
  const hidden = el(
    "span",
    { class: "spoiler", role: "button", tabindex: "0", "aria-label": t("spoiler") },
    el("span", {}, inner),
  );
  const reveal = (event) => {
    if (hidden.classList.contains("shown") || (event.key && event.key !== "Enter" && event.key !== " "))
      return;
    event.preventDefault();
    event.stopPropagation();
    hidden.classList.add("shown");
    ["role", "tabindex", "aria-label"].forEach((name) => hidden.removeAttribute(name));
  };
  hidden.addEventListener("click", reveal, true);
  hidden.addEventListener("keydown", reveal, true);
  return hidden;
}

export function copyable(inner, text, actions) {
  return el(
    "code",
    { role: "button", tabindex: "0", title: t("copyCode"), ...pressed(() => actions.copy(text)) },
    inner,
  );
}

export function preformatted(language, inner, text, actions) {
  const head = el(
    "span",
    { class: "pre-head" },
    el("span", {}, language ?? ""),
    el("button", { type: "button", class: "link", onclick: () => actions.copy(text) }, t("copyCode")),
  );
  return el("div", { class: "pre" }, head, el("pre", { tabindex: "0" }, el("code", {}, inner)));
}

function expandable(inner) {
  const quote = el(
    "blockquote",
    { class: "expandable", role: "button", tabindex: "0", "aria-expanded": "false" },
    inner,
  );
  const toggle = () => quote.setAttribute("aria-expanded", String(quote.classList.toggle("expanded")));
  quote.addEventListener("click", (event) => event.target.closest("a, button") ?? toggle());
  quote.addEventListener("keydown", (event) => event.target === quote && event.key === "Enter" && toggle());
  return quote;
}

/** Listeners that make a plain element act as a button for mouse and keyboard alike. */
function pressed(action) {
  return {
    onclick: action,
    onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      action();
    },
  };
}
