/** The box one writes in: text, reply and edit modes, attachments, drafts. */

import { makePoll, shareContact, sharePlace } from "./attach.js";
import { byId, fullName } from "./dom.js";
import { CommandMenu } from "./commands.js";
import { confirmContact } from "./keyboards.js";
import { summary } from "./media.js";
import { sendFile, sendPhoto } from "./photo.js";
import { popup, toast } from "./sheets.js";
import { t } from "./language.js";

/** Telegram's own limit; its clients send longer texts as several messages. */
const MAX_TEXT = 4096;

export class Composer {
  /**
   * @param {(message: object) => Promise<boolean>} send
   * @param {(id: number, text: string) => Promise<object|null>} edit
   */
  constructor(model, send, edit) {
    Object.assign(this, { model, send, edit, box: byId("composer"), bar: byId("mode"), mode: null });
    this.commands = new CommandMenu(model, this.box, (text) => this.send({ text }));
    this.box.addEventListener("input", () => this.typed());
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("paste", (event) => this.pasted(event));
    byId("composer-form").addEventListener("submit", (event) => this.submit(event));
    byId("mode-cancel").addEventListener("click", () => this.leaveMode());
    byId("attach").addEventListener("click", (event) => this.openAttachments(event.currentTarget));
    byId("photo-file").addEventListener("change", (event) => this.picked(event.target, sendPhoto));
    byId("any-file").addEventListener("change", (event) => this.picked(event.target, sendFile));
  }

  /** Take over the chosen person's draft, commands and placeholder. */
  render() {
    this.leaveMode(false);
    this.box.value = this.model.draft(this.model.person);
    this.fit();
    this.renderHints();
  }

  renderHints() {
    const chat = this.model.chat(this.model.person);
    const forced = this.model.lastMessage(this.model.person)?.reply_markup;
    const hint =
      (forced?.force_reply && forced.input_field_placeholder) ||
      (!this.model.keyboardHidden(this.model.person) && chat.replyKeyboard?.input_field_placeholder);
    this.box.placeholder = hint || t("write");
    this.commands.renderButton();
  }

  typed() {
    this.fit();
    this.commands.typed(this.box.value);
    if (this.mode?.kind !== "edit") this.model.setDraft(this.model.person, this.box.value);
  }

  /** Out of sight it has no height to be fitted to. */
  fit() {
    this.box.style.height = "auto";
    if (this.box.scrollHeight) this.box.style.height = `${Math.min(this.box.scrollHeight, 160)}px`;
    byId("send").disabled = !this.box.value.trim();
  }

  onKey(event) {
    if (event.isComposing) return;
    if (this.commands.onKey(event)) return event.preventDefault();
    if (event.key === "Enter" && !event.shiftKey) return this.submit(event);
    if (event.key === "Escape") return this.escape(event);
    if (event.key === "ArrowUp" && !this.box.value) return this.editLast(event);
    return undefined;
  }

  escape(event) {
    if (!this.mode) return;
    event.stopPropagation();
    this.leaveMode();
  }

  editLast(event) {
    const own = this.model
      .messages(this.model.person)
      .filter((message) => message.outgoing && message.text !== undefined);
    if (!own.length) return;
    event.preventDefault();
    this.enterMode("edit", own.at(-1));
  }

  enterMode(kind, message) {
    this.mode = { kind, message };
    byId("mode-title").textContent = t(kind === "edit" ? "editing" : "replying");
    byId("mode-text").textContent = summary(message);
    byId("send").setAttribute("aria-label", t(kind === "edit" ? "save" : "send"));
    this.bar.hidden = false;
    if (kind === "edit") this.box.value = message.text;
    this.fit();
    this.box.focus();
  }

  leaveMode(restore = true) {
    const wasEdit = this.mode?.kind === "edit";
    this.mode = null;
    this.bar.hidden = true;
    byId("send").setAttribute("aria-label", t("send"));
    if (!restore) return;
    if (wasEdit) this.box.value = this.model.draft(this.model.person);
    this.fit();
    this.box.focus();
  }

  submit(event) {
    event.preventDefault();
    const text = this.box.value.trim();
    if (!text) return;
    if (this.mode?.kind === "edit") this.submitEdit(text);
    else this.submitText(text);
  }

  async submitEdit(text) {
    const { message } = this.mode;
    if (text === message.text || (await this.edit(message.message_id, text))) this.leaveMode();
  }

  /** The box empties at once and gets its text back if the sandbox did not take it. */
  async submitText(text) {
    const person = this.model.person;
    const reply = this.mode ? { reply_to: this.mode.message.message_id } : {};
    this.clear(person);
    for (const part of parts(text)) {
      if (await this.send({ text: part, ...reply })) continue;
      this.restore(person, part);
    }
  }

  clear(person) {
    this.model.setDraft(person, "");
    this.box.value = "";
    this.leaveMode(false);
    this.fit();
    this.commands.close();
    this.box.focus();
  }

  restore(person, text) {
    this.model.setDraft(person, [text, this.model.draft(person)].filter(Boolean).join("\n"));
    if (person !== this.model.person) return;
    this.box.value = this.model.draft(person);
    this.fit();
  }

  openAttachments(anchor) {
    popup(anchor, [
      {
        text: t("photoFile"),
        icon: "photo",
        testid: "attach-photo",
        action: () => byId("photo-file").click(),
      },
      { text: t("ownContact"), icon: "person", testid: "attach-contact", action: () => this.shareOwn() },
      {
        text: t("otherContact"),
        icon: "add",
        testid: "attach-other-contact",
        action: () => shareContact(this.send),
      },
      {
        text: t("sticker"),
        icon: "smile",
        testid: "attach-sticker",
        action: () => this.send({ sticker: true }),
      },
      { text: t("place"), icon: "pin", testid: "attach-place", action: () => sharePlace(this.send) },
      { text: t("anyFile"), icon: "file", testid: "attach-file", action: () => byId("any-file").click() },
      { text: t("poll"), icon: "chart", testid: "attach-poll", action: () => makePoll(this.send) },
    ]);
  }

  shareOwn() {
    confirmContact(this.model.current, () => this.send({ contact: "own" }));
  }

  picked(input, sendIt) {
    const [file] = input.files;
    if (file) sendIt(file, this.send);
    input.value = "";
  }

  pasted(event) {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    sendPhoto(file, this.send);
  }
}

/** Pieces of at most 4096 UTF-16 units, cut at a line's end where one is near and never inside a surrogate pair. */
function parts(text) {
  if (text.length <= MAX_TEXT) return [text];
  const line = text.lastIndexOf("\n", MAX_TEXT);
  const cut = line > MAX_TEXT / 2 ? line : MAX_TEXT - (text.codePointAt(MAX_TEXT - 1) > 0xffff ? 1 : 0);
  return [text.slice(0, cut).trim(), ...parts(text.slice(cut).trim())].filter(Boolean);
}

export function botAddress(bot) {
  return bot?.username ? `@${bot.username}` : fullName(bot ?? {});
}

export function copyText(text) {
  navigator.clipboard.writeText(text).then(() => toast(t("copied")));
}
