/** What a person attaches besides photos: a place, a poll, somebody's contact. */

import { el } from "./dom.js";
import { t } from "./language.js";
import { sheet, sheetButton } from "./sheets.js";

const PLACE = { latitude: 55.7539, longitude: 37.6208 };

/** A sheet with these fields; `submit` gets the form's values. */
function form(title, fields, submit) {
  const send = el("button", { class: "wide primary", "data-testid": "form-send" }, t("send"));
  const buttons = el("div", { class: "sheet-buttons" }, send);
  const node = el("form", { method: "dialog" }, ...fields, buttons);
  node.addEventListener("submit", () => submit(Object.fromEntries(new FormData(node))));
  const dialog = sheet(title, [node]);
  buttons.append(sheetButton(t("cancel"), () => dialog.close()));
  node.querySelector("input").focus();
}

function field(label, attributes) {
  return el("label", {}, label, el("input", { required: true, autocomplete: "off", ...attributes }));
}

export function shareContact(send) {
  const phone = { name: "phone", type: "tel", pattern: "\\+?[0-9 ()\\-]{5,20}" };
  form(t("contactTitle"), [field(t("firstName"), { name: "name" }), field(t("phone"), phone)], (values) =>
    send({ contact: { first_name: values.name, phone_number: values.phone } }),
  );
}

export function sharePlace(send) {
  const degrees = (name, most) =>
    field(t(name), { name, type: "number", step: "any", min: -most, max: most, value: PLACE[name] });
  form(t("placeTitle"), [degrees("latitude", 90), degrees("longitude", 180)], (values) =>
    send({ location: { latitude: Number(values.latitude), longitude: Number(values.longitude) } }),
  );
}

/** @param {"regular"|"quiz"|undefined} only the kind that the bot's button asks for */
export function makePoll(send, only) {
  const question = field(t("pollQuestion"), { name: "question", maxlength: 300, "data-testid": "poll-question" });
  const options = el("textarea", { name: "options", required: true, rows: 4, "data-testid": "poll-options" });
  const right = el("input", { name: "right", type: "number", min: 1, max: 12, "data-testid": "poll-right" });
  right.required = only === "quiz";
  const fields = [question, el("label", {}, t("pollOptions"), options)];
  if (only !== "regular") fields.push(el("label", {}, t("pollRight"), right));
  form(t("pollTitle"), fields, (values) => send({ poll: poll(values) }));
}

function poll({ question, options, right }) {
  const texts = options
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const quiz = right ? { type: "quiz", correct_option_id: Number(right) - 1 } : {};
  return { question, options: texts, ...quiz };
}
