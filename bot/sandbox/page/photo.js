/** Sending a photo: picked or pasted, scaled down as Telegram's clients do, with a caption; or a file as it is. */

import { el } from "./dom.js";
import { sheet, sheetButton, toast } from "./sheets.js";
import { t } from "./language.js";

const LONGEST_SIDE_PX = 1280;
const QUALITY = 0.87;

/** @param {File} file @param {(message: object) => Promise<boolean>} send */
export async function sendPhoto(file, send) {
  const picture = await scaled(file).catch(() => null);
  if (!picture) return toast(t("badPhoto"));
  const caption = el("input", { maxlength: 1024, autocomplete: "off", "data-testid": "caption" });
  const form = el("form", { method: "dialog" }, el("label", {}, t("caption"), caption));
  const preview = el("img", { src: picture, alt: t("photo"), class: "preview-photo" });
  const dialog = sheet(t("photoTitle"), [preview, form]);
  const submit = el("button", { class: "wide primary", "data-testid": "photo-send" }, t("send"));
  form.append(
    el(
      "div",
      { class: "sheet-buttons" },
      submit,
      sheetButton(t("cancel"), () => dialog.close()),
    ),
  );
  form.addEventListener("submit", () => send(withCaption(picture, caption.value.trim())));
  return caption.focus();
}

/** @param {File} file @param {(message: object) => Promise<boolean>} send */
export function sendFile(file, send) {
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    const data = reader.result.slice(reader.result.indexOf(",") + 1);
    send({ document: { name: file.name, data } });
  });
  reader.readAsDataURL(file);
}

function withCaption(picture, caption) {
  const photo = picture.slice(picture.indexOf(",") + 1);
  return caption ? { photo, caption } : { photo };
}

/** @returns {Promise<string>} a JPEG data URL whose longest side is at most 1280 px; rejects what is no picture */
async function scaled(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = el("canvas", {
    width: Math.round(bitmap.width * scale),
    height: Math.round(bitmap.height * scale),
  });
  const paper = canvas.getContext("2d");
  // JPEG has no transparency: a PNG's clear ground would come out black.
  paper.fillStyle = "#fff";
  paper.fillRect(0, 0, canvas.width, canvas.height);
  paper.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", QUALITY);
}
