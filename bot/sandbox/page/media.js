/** What a message carries besides text: photos, files, sound, contacts, places, service notes. */

import { avatar, el, fullName, icon } from "./dom.js";
import { sheet, sheetButton } from "./sheets.js";
import { fileSize, hasWord, money, t } from "./language.js";
import { richSummary } from "./rich.js";

/** Members of a Bot API message that only describe it; any other unknown member names what it carries. */
const FRAME = new Set([
  "message_id",
  "date",
  "edit_date",
  "chat",
  "from",
  "text",
  "entities",
  "caption",
  "caption_entities",
  "reply_markup",
  "outgoing",
  "paid",
  "reply_to_message",
  "via_bot",
  "message_thread_id",
  "link_preview_options",
  "has_protected_content",
  "business_connection_id",
  "sender_chat",
  "forward_origin",
  "show_caption_above_media",
  "has_media_spoiler",
  "effect_id",
  "quote",
  "media_group_id",
  "rendered",
  "receipt",
  "voted",
  "bot_reaction",
  "own_reaction",
  "needs_address",
  "flexible",
]);

const KINDS = {
  photo: (m, api) => photo(m.photo.at(-1), api),
  animation: (m, api) => movie(m.animation, api, t("video")),
  video: (m, api) => movie(m.video, api, t("video")),
  video_note: (m, api) => movie(m.video_note, api, t("video")),
  audio: (m, api) => sound(m.audio, api, m.audio.title ?? m.audio.file_name ?? t("audio")),
  voice: (m, api) => sound(m.voice, api, t("voice")),
  document: (m, api) => file(m.document, api),
  sticker: (m, api) => sticker(m.sticker, api),
  contact: (m) => contact(m.contact),
  venue: (m) => place(m.venue.title, m.venue.address),
  location: (m) => place(`${m.location.latitude}, ${m.location.longitude}`),
  dice: (m) => el("div", { class: "sticker" }, `${m.dice.emoji} ${m.dice.value}`),
};

/** @returns {HTMLElement|null} null when the message is only text or an invoice */
export function attachment(message, api) {
  const kind = Object.keys(KINDS).find((name) => name in message);
  if (kind) return KINDS[kind](message, api);
  if (message.text !== undefined || message.invoice || message.poll || message.rich_message) return null;
  const unknown = Object.keys(message).find((name) => !FRAME.has(name)) ?? "?";
  return el("p", { class: "unknown" }, t("unknownKind", { kind: unknown }));
}

/** The line in the middle of the chat for what is no message of anyone, else null. */
export function serviceNote(message) {
  const { successful_payment: paid, refunded_payment: refunded, pinned_message: pinned } = message;
  if (paid) return t("paidNote", { sum: money(paid.total_amount, paid.currency) });
  if (refunded) return t("refundNote", { sum: money(refunded.total_amount, refunded.currency) });
  return pinned ? t("pinned") : null;
}

/** One line that stands for the message in the people list, quotes and the live region. */
export function summary(message) {
  const text = message.text ?? message.caption ?? serviceNote(message);
  if (text) return text.replace(/\s+/g, " ");
  if (message.invoice) return `${t("invoice")}: ${message.invoice.title}`;
  if (message.rich_message) return richSummary(message.rich_message);
  if (message.poll) return `${t("poll")}: ${message.poll.question}`;
  if (message.contact) return t("contactLabel");
  if (message.sticker) return `${message.sticker.emoji ?? ""} ${t("sticker")}`.trim();
  const kind = Object.keys(message).find((name) => !FRAME.has(name)) ?? "document";
  return hasWord(kind) ? t(kind) : t("unknownKind", { kind });
}

function photo(size, api) {
  const picture = el("img", {
    src: api.file(size.file_id),
    width: size.width,
    height: size.height,
    alt: t("photo"),
  });
  return el(
    "button",
    { type: "button", class: "photo", "aria-label": t("openPhoto"), onclick: () => showPhoto(picture.src) },
    picture,
  );
}

function showPhoto(source) {
  const dialog = sheet(t("photo"), [el("img", { src: source, alt: t("photo") })], { class: "lightbox" });
  dialog.append(sheetButton(t("closePhoto"), () => dialog.close()));
}

/** The picture itself; its emoji where there is none that a browser can show. */
function sticker(one, api) {
  const emoji = () =>
    el("div", { class: "sticker", role: "img", "aria-label": t("sticker") }, one.emoji ?? "☺");
  if (one.is_animated || one.is_video) return emoji();
  const picture = el("img", { class: "sticker-picture", src: api.file(one.file_id), alt: one.emoji ?? t("sticker") });
  picture.addEventListener("error", () => picture.replaceWith(emoji()));
  return picture;
}

function movie(video, api, label) {
  return el("video", {
    src: api.file(video.file_id),
    controls: true,
    preload: "metadata",
    "aria-label": label,
  });
}

function sound(audio, api, label) {
  return el(
    "div",
    { class: "sound" },
    el("span", {}, label),
    el("audio", { src: api.file(audio.file_id), controls: true, preload: "metadata", "aria-label": label }),
  );
}

function file(document, api) {
  const name = document.file_name ?? t("document");
  const size = document.file_size === undefined ? "" : fileSize(document.file_size);
  const text = el(
    "span",
    { class: "file-text" },
    el("span", { class: "file-name" }, name),
    el("span", { class: "faint" }, size),
  );
  const label = `${t("download")}: ${name}, ${size}`;
  return el(
    "a",
    { class: "file", href: api.file(document.file_id), download: name, "aria-label": label },
    el("span", { class: "file-icon" }, icon("file")),
    text,
  );
}

function contact(person) {
  const text = el(
    "span",
    { class: "file-text" },
    el("span", { class: "file-name" }, fullName(person)),
    el("span", { class: "faint" }, person.phone_number.replace(/^\+?/, "+")),
  );
  return el("div", { class: "file" }, avatar(person.user_id ?? 0, fullName(person)), text);
}

function place(title, address = "") {
  const text = el(
    "span",
    { class: "file-text" },
    el("span", { class: "file-name" }, title),
    el("span", { class: "faint" }, address),
  );
  return el("div", { class: "file" }, el("span", { class: "file-icon" }, icon("pin")), text);
}
