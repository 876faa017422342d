/** Rich messages (Bot API 10.1): their blocks to DOM nodes. */

import { el } from "./dom.js";
import { copyable, link, preformatted, spoiler } from "./format.js";
import { attachment } from "./media.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  marked: "mark",
  subscript: "sub",
  superscript: "sup",
};

/** @returns {HTMLElement} */
export function richContent(rich, actions, api) {
  return el("div", { class: "text rich", dir: rich.is_rtl ? "rtl" : "auto" }, ...blocks(rich.blocks, actions, api));
}

/** What is read of a rich message on one line. */
export function richSummary(rich) {
  return rich.blocks.map((block) => plain(block.text ?? block.summary ?? "")).filter(Boolean).join(" ");
}

function blocks(list, actions, api) {
  return list.map((block) => blockNode(block, actions, api));
}

function blockNode(block, actions, api) {
  const words = (part) => inline(part, actions);
  switch (block.type) {
    case "heading":
      return el("p", { class: `rich-heading size-${block.size}`, role: "heading", "aria-level": block.size + 2 }, words(block.text));
    case "paragraph":
      return el("p", {}, words(block.text));
    case "footer":
      return el("p", { class: "faint" }, words(block.text));
    case "divider":
      return el("hr");
    case "pre":
      return preformatted(block.language, words(block.text), plain(block.text), actions);
    case "mathematical_expression":
      return el("p", { class: "formula", role: "math" }, block.expression);
    case "list":
      return el("ul", { class: "rich-list" }, ...block.items.map((item) => listItem(item, actions, api)));
    case "blockquote":
      return el("blockquote", {}, ...blocks(block.blocks, actions, api), credit(block, words));
    case "pullquote":
      return el("blockquote", { class: "pull" }, words(block.text), credit(block, words));
    case "details":
      return el(
        "details",
        { open: Boolean(block.is_open) },
        el("summary", {}, words(block.summary)),
        ...blocks(block.blocks, actions, api),
      );
    case "table":
      return table(block, words);
    case "collage":
    case "slideshow":
      return el("figure", {}, ...blocks(block.blocks, actions, api), caption(block, words));
    case "anchor":
      return el("span", { id: `anchor-${block.name}` });
    default:
      return medium(block, words, api);
  }
}

function medium(block, words, api) {
  const shown = block.voice_note ? { voice: block.voice_note } : block;
  return el("figure", {}, attachment(shown, api), caption(block, words));
}

function caption({ caption: said }, words) {
  return said ? el("figcaption", { class: "faint" }, words(said.text), credit(said, words)) : null;
}

function credit({ credit: said }, words) {
  return said ? el("cite", {}, words(said)) : null;
}

function listItem(item, actions, api) {
  const box = item.has_checkbox
    ? el("input", { type: "checkbox", checked: Boolean(item.is_checked), disabled: true })
    : null;
  const mark = box ?? el("span", { "aria-hidden": "true" }, item.label);
  return el("li", {}, mark, el("div", {}, ...blocks(item.blocks, actions, api)));
}

function table(block, words) {
  const rows = block.cells.map((row) => el("tr", {}, ...row.map((cell) => tableCell(cell, words))));
  const name = block.caption ? el("caption", {}, words(block.caption)) : null;
  return el("div", { class: "rich-table", tabindex: "0" }, el("table", {}, name, el("tbody", {}, ...rows)));
}

function tableCell(cell, words) {
  const attributes = { colspan: cell.colspan, rowspan: cell.rowspan, class: `to-${cell.align}` };
  return el(cell.is_header ? "th" : "td", attributes, cell.text === undefined ? null : words(cell.text));
}

/** RichText: a string, a list, or an object around either. */
function inline(text, actions) {
  if (typeof text === "string") return text;
  const fragment = document.createDocumentFragment();
  if (Array.isArray(text)) fragment.append(...text.map((part) => inline(part, actions)));
  else fragment.append(wrapped(text, actions));
  return fragment;
}

function wrapped(part, actions) {
  const inner = part.text === undefined ? "" : inline(part.text, actions);
  switch (part.type) {
    case "code":
      return copyable(inner, plain(part.text), actions);
    case "spoiler":
      return spoiler(inner);
    case "url":
      return link(/^[a-z][\w+.-]*:/i.test(part.url) ? part.url : `https://${part.url}`, inner, actions);
    case "email_address":
      return link(`mailto:${part.email_address}`, inner, actions);
    case "phone_number":
      return link(`tel:${part.phone_number}`, inner, actions);
    case "mention":
      return link(`https://t.me/${part.username}`, inner, actions);
    case "bot_command":
      return el("button", { type: "button", class: "link", onclick: () => actions.command(part.bot_command) }, inner);
    case "mathematical_expression":
      return el("span", { class: "formula", role: "math" }, part.expression);
    case "custom_emoji":
      return part.alternative_text;
    case "anchor":
      return el("span", { id: `anchor-${part.name}` });
    case "anchor_link":
    case "hashtag":
      return el("span", { class: "mention" }, inner);
    default:
      return TAGS[part.type] ? el(TAGS[part.type], {}, inner) : inner;
  }
}

function plain(text) {
  if (typeof text === "string") return text;
  if (Array.isArray(text)) return text.map(plain).join("");
  return plain(text.text ?? text.expression ?? text.alternative_text ?? "");
}
