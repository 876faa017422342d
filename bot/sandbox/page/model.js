/** What the page knows: people, their chats, what was read, drafts. Views read it and repaint. */

import { language } from "./language.js";

/**
 * @typedef {object} Chat
 * @property {Map<number, object>} messages Bot API messages with `outgoing` and `paid`, by id
 * @property {object|null} replyKeyboard
 * @property {Array<{command: string, description: string}>} commands
 * @property {string} description what the bot says of itself before it was started
 * @property {boolean} blocked the person blocked the bot
 * @property {boolean} loaded
 * @property {string|null} action what the bot is doing, as in sendChatAction
 */

function emptyChat() {
  return {
    messages: new Map(),
    replyKeyboard: null,
    commands: [],
    description: "",
    blocked: false,
    loaded: false,
    action: null,
  };
}

/** JSON in localStorage under `sandbox.<bot>.<kind>.<person>`; a full or forbidden storage only loses comfort. */
class Shelf {
  constructor(bot) {
    this.bot = bot;
  }

  key(kind, person) {
    return `sandbox.${this.bot}.${kind}.${person}`;
  }

  get(kind, person) {
    return JSON.parse(localStorage.getItem(this.key(kind, person)) ?? "null");
  }

  set(kind, person, value) {
    if (value === null || value === "") localStorage.removeItem(this.key(kind, person));
    else localStorage.setItem(this.key(kind, person), JSON.stringify(value));
  }
}

export class Model extends EventTarget {
  bots = [];
  bot = null;
  people = [];
  person = null;
  chats = new Map();
  shelf = new Shelf(0);

  /** Tell the views; `kind` is one of people, person, chat, message, keyboard, commands, action, read. */
  changed(kind, detail = {}) {
    this.dispatchEvent(new CustomEvent(kind, { detail }));
  }

  on(kinds, listener) {
    for (const kind of kinds.split(" ")) this.addEventListener(kind, (event) => listener(event.detail));
  }

  setBot(bot) {
    if (bot?.id !== this.bot?.id) this.chats.clear();
    this.bot = bot;
    this.shelf = new Shelf(bot?.id ?? 0);
  }

  /** @returns {Chat} */
  chat(person) {
    if (!this.chats.has(person)) this.chats.set(person, emptyChat());
    return this.chats.get(person);
  }

  /** Those who speak the page's language come first. */
  get ordered() {
    const [same, others] = [[], []];
    for (const person of this.people) (person.language_code === language() ? same : others).push(person);
    return [...same, ...others];
  }

  get current() {
    return this.people.find((person) => person.id === this.person) ?? null;
  }

  knows(person) {
    return this.people.some((one) => one.id === person);
  }

  setPeople(people) {
    this.people = people;
    this.changed("people");
  }

  messages(person) {
    return [...this.chat(person).messages.values()].sort((a, b) => a.message_id - b.message_id);
  }

  lastMessage(person) {
    return this.messages(person).at(-1) ?? null;
  }

  /** Take a whole chat as the server tells it; what it no longer holds disappears. */
  setChat(person, { messages, reply_keyboard, commands, description, blocked }) {
    const chat = this.chat(person);
    chat.messages = new Map(messages.map((message) => [message.message_id, message]));
    Object.assign(chat, {
      replyKeyboard: reply_keyboard ?? null,
      commands: commands ?? [],
      description: description ?? "",
      blocked: Boolean(blocked),
      loaded: true,
    });
    this.changed("chat", { person });
  }

  setMessage(person, message) {
    const chat = this.chat(person);
    const isNew = !chat.messages.has(message.message_id);
    chat.messages.set(message.message_id, message);
    if (isNew && !message.outgoing) chat.action = null;
    this.changed("message", { person, message, isNew });
  }

  deleteMessage(person, id) {
    this.chat(person).messages.delete(id);
    this.changed("message", { person, deleted: id });
  }

  setKeyboard(person, keyboard) {
    this.chat(person).replyKeyboard = keyboard;
    this.hideKeyboard(person, false);
  }

  /** A hidden keyboard stays hidden after a reload, and only as long as the bot does not send another. */
  hideKeyboard(person, hidden) {
    this.shelf.set("keyboard", person, hidden ? JSON.stringify(this.chat(person).replyKeyboard) : null);
    this.changed("keyboard", { person });
  }

  keyboardHidden(person) {
    return this.shelf.get("keyboard", person) === JSON.stringify(this.chat(person).replyKeyboard);
  }

  setAction(person, action) {
    this.chat(person).action = action;
    this.changed("action", { person });
  }

  unread(person) {
    const read = this.shelf.get("read", person) ?? 0;
    return this.messages(person).filter((message) => !message.outgoing && message.message_id > read).length;
  }

  markRead(person) {
    const last = this.lastMessage(person)?.message_id ?? 0;
    if (last <= (this.shelf.get("read", person) ?? 0)) return;
    this.shelf.set("read", person, last);
    this.changed("read", { person });
  }

  /** Who left last by a link: whoever comes back by `?start=…` in another tab is the same person. */
  get leaver() {
    const id = this.shelf.get("left", "by");
    return this.knows(id) ? id : null;
  }

  leaves(person) {
    this.shelf.set("left", "by", person);
  }

  draft(person) {
    return this.shelf.get("draft", person) ?? "";
  }

  setDraft(person, text) {
    this.shelf.set("draft", person, text);
    this.changed("draft", { person });
  }
}
