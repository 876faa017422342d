/** The sandbox's chat page: wires server, model and views together. */

import { Api } from "./api.js";
import { Callbacks } from "./callbacks.js";
import { Composer, copyText } from "./composer.js";
import { FaultPanel } from "./faults.js";
import { Frame } from "./frame.js";
import { History } from "./history.js";
import { PaymentSheet } from "./invoice.js";
import { ReplyKeyboard } from "./keyboards.js";
import { StartBar } from "./links.js";
import { Live } from "./live.js";
import { Model } from "./model.js";
import { PeopleList } from "./people.js";
import { popup, toast } from "./sheets.js";
import { language, onLanguage, setLanguage, t, translatePage } from "./language.js";
import { byId } from "./dom.js";

/** Telegram shows a chat action for five seconds or until a message comes. */
const ACTION_MS = 5000;
const NO_BOT_POLL_MS = 2000;
/** Chats fetched for their last words and unread counts; a sandbox full of test people would be slow to open. */
const PREVIEWS = 30;

class Page {
  constructor() {
    this.model = new Model();
    this.api = new Api(new URLSearchParams(location.search).get("bot"));
    this.replay = new Map();
    this.sending = Promise.resolve();
    this.makeViews();
    this.listen();
    this.live = new Live(
      () => this.api.events(),
      (event) => this.onEvent(event),
      (connected) => this.onConnection(connected),
    );
  }

  makeViews() {
    const { model, api } = this;
    const send = (message) => this.send(message);
    this.frame = new Frame(model);
    this.start = new StartBar(
      model,
      (text) => send({ text }),
      (link) => this.payLink(link),
    );
    this.callbacks = new Callbacks(model, api, (event, url) => this.start.follow(event, url));
    this.history = new History(model, this.messageActions(), api);
    this.people = new PeopleList(model, (person) => this.choose(person));
    this.composer = new Composer(model, send, (id, text) => this.tell(api.edit(model.person, id, text)));
    this.keyboard = new ReplyKeyboard(model, { person: () => model.current, send });
    this.faults = new FaultPanel(api);
  }

  messageActions() {
    const send = (text) => this.send({ text });
    return {
      command: send,
      link: (event, url) => this.start.follow(event, url),
      copy: copyText,
      callback: (message, data) => this.callbacks.press(message, data),
      menu: (message, anchor) => this.openMessageMenu(message, anchor),
      pay: (message) => new PaymentSheet(message.invoice, { message_id: message.message_id }, this),
      goTo: (id) => this.history.goTo(id),
      botName: () => this.model.bot?.first_name ?? "",
    };
  }

  listen() {
    const { model } = this;
    model.on("chat", ({ person }) => this.onChat(person));
    model.on("message", (change) => this.onMessage(change));
    model.on("keyboard", ({ person }) => person === model.person && this.renderKeyboard());
    model.on("action", ({ person }) => person === model.person && this.frame.renderHeader());
    model.on("draft read", () => this.people.render());
    window.addEventListener("hashchange", () => this.choose(this.hashPerson(), false));
    window.addEventListener("storage", () => this.people.render());
    document.addEventListener("visibilitychange", () => this.read());
    byId("back").addEventListener("click", () => this.choose(null));
    byId("new-person").addEventListener("click", () => this.addPerson());
    byId("language").addEventListener("click", () => setLanguage(language() === "ru" ? "en" : "ru"));
    byId("chat-menu").addEventListener("click", (event) => this.openChatMenu(event.currentTarget));
    byId("unblock").addEventListener("click", () => this.block(false));
    byId("bots").addEventListener("change", (event) => this.chooseBot(event.target.value));
    onLanguage(() => this.render());
  }

  async onConnection(connected) {
    this.frame.connection(connected);
    if (connected) await this.refetch().catch(() => this.live.failed());
  }

  async refetch() {
    const bots = await this.api.bots();
    this.model.bots = bots;
    this.model.setBot(bots.find((bot) => String(bot.id) === this.api.bot) ?? bots[0] ?? null);
    // From here on this window belongs to that bot, whichever bot shows up later.
    this.api.bot = this.model.bot ? String(this.model.bot.id) : this.api.bot;
    this.model.people = await this.api.people();
    if (!this.model.bot) return this.waitForBot();
    this.model.person = this.hashPerson() ?? this.firstPerson();
    this.render();
    await Promise.all([this.model.person && this.load(this.model.person), this.faults.refresh()]);
    return this.loadPreviews();
  }

  waitForBot() {
    this.render();
    clearTimeout(this.botTimer);
    this.botTimer = setTimeout(() => this.refetch().catch(() => undefined), NO_BOT_POLL_MS);
  }

  async loadPreviews() {
    const others = this.model.people.filter((person) => person.id !== this.model.person);
    for (const person of others.slice(0, PREVIEWS)) await this.load(person.id);
  }

  /** Events that come while the chat is being fetched are played again on top of it: the answer may be older than they are. */
  async load(person) {
    this.replay.set(person, []);
    try {
      this.model.setChat(person, await this.api.chat(person));
    } finally {
      const missed = this.replay.get(person) ?? [];
      this.replay.delete(person);
      missed.forEach((event) => this.apply(person, event));
    }
  }

  onEvent(event) {
    if (event.bot !== undefined && this.model.bot && event.bot !== this.model.bot.id) return;
    const person = event.person ?? event.message?.chat?.id ?? this.model.person;
    if (event.type === "problem") toast(t("problem", event), { loud: true });
    else if (event.type === "callback_answer") this.callbacks.answered(event);
    else if (this.model.people.some((one) => one.id === person)) this.onChatEvent(person, event);
    else this.meet(person);
  }

  /** Somebody made in another window, or by a test. Groups that tests inject are nobody. */
  async meet(person) {
    await this.reloadPeople();
    if (this.model.people.some((one) => one.id === person)) await this.reload(person);
  }

  onChatEvent(person, event) {
    this.replay.get(person)?.push(event);
    this.apply(person, event);
  }

  apply(person, event) {
    switch (event.type) {
      case "message":
      case "edited":
        return this.model.setMessage(person, event.message);
      case "deleted":
        return this.model.deleteMessage(person, event.message_id);
      case "action":
        return this.showAction(person, event.action);
      case "reply_keyboard":
        return this.model.setKeyboard(person, event.reply_keyboard);
      case "commands":
      case "blocked":
        return this.replay.has(person) ? undefined : this.reload(person);
      default:
        return undefined;
    }
  }

  showAction(person, action) {
    this.model.setAction(person, action);
    clearTimeout(this.actionTimer);
    this.actionTimer = setTimeout(() => this.model.setAction(person, null), ACTION_MS);
  }

  /** New command lists concern everybody, so they are fetched for the chat in sight only; others load when chosen. */
  reload(person) {
    return this.load(person).catch(() => undefined);
  }

  async reloadPeople() {
    this.model.people = await this.api.people().catch(() => this.model.people);
    this.people.render();
  }

  hashPerson() {
    const id = Number(location.hash.slice(1));
    return this.model.people.some((person) => person.id === id) ? id : null;
  }

  /** On a phone the list comes first, as in Telegram. */
  firstPerson() {
    return matchMedia("(max-width: 700px)").matches ? null : (this.model.people[0]?.id ?? null);
  }

  choose(person, navigate = true) {
    if (navigate)
      history.pushState(null, "", `${location.pathname}${location.search}${person ? `#${person}` : ""}`);
    const before = this.model.person;
    this.model.person = person;
    this.render();
    if (person) this.reload(person);
    if (!person) document.querySelector(`[data-testid="person-${before}"]`)?.focus();
    else if (matchMedia("(hover: hover)").matches) byId("composer").focus();
  }

  chooseBot(id) {
    this.api.bot = id;
    const address = new URL(location.href);
    address.searchParams.set("bot", id);
    history.replaceState(null, "", address);
    this.live.connect();
  }

  async addPerson() {
    const person = await this.tell(this.api.addPerson({ language_code: language() }));
    if (!person) return;
    await this.reloadPeople();
    this.choose(person.id);
  }

  /** One after another, so that the bot sees them in the order they were written. */
  send(message) {
    const { person } = this.model;
    const sent = this.sending.then(() => this.tell(this.api.send(person, message)));
    this.sending = sent;
    return sent.then((answer) => {
      if (answer?.message) this.onChatEvent(person, { type: "message", message: answer.message });
      return Boolean(answer);
    });
  }

  /** The answer, or null after the error was shown. */
  tell(request) {
    return request.catch((error) => {
      toast(t("notSent", { why: error.message || t("unreachable") }));
      return null;
    });
  }

  async payLink(link) {
    const invoice = await this.tell(this.api.invoice(link));
    if (invoice) new PaymentSheet(invoice, { link }, this);
  }

  async block(blocked) {
    const { person } = this.model;
    if (await this.tell(this.api.block(person, blocked))) await this.reload(person);
  }

  openChatMenu(anchor) {
    const { blocked } = this.model.chat(this.model.person);
    popup(anchor, [
      {
        text: t(blocked ? "unblock" : "block"),
        icon: "block",
        testid: "block",
        action: () => this.block(!blocked),
      },
      { text: t("faults"), icon: "sliders", testid: "menu-faults", action: () => this.faults.open() },
      { text: t("dashboard"), icon: "chart", href: "/dashboard" },
    ]);
  }

  openMessageMenu(message, anchor) {
    const own = message.outgoing && message.text !== undefined;
    const text = message.text ?? message.caption;
    const items = [
      {
        text: t("reply"),
        icon: "reply",
        testid: "menu-reply",
        action: () => this.composer.enterMode("reply", message),
      },
      own && {
        text: t("edit"),
        icon: "edit",
        testid: "menu-edit",
        action: () => this.composer.enterMode("edit", message),
      },
      text && { text: t("copy"), icon: "copy", testid: "menu-copy", action: () => copyText(text) },
    ];
    popup(anchor, items.filter(Boolean));
  }

  render() {
    translatePage();
    this.frame.render();
    this.people.render();
    this.history.render();
    if (this.model.person) this.renderFoot();
    this.read();
  }

  renderFoot() {
    this.composer.render();
    this.keyboard.render();
    this.start.render();
    this.frame.renderBlocked();
  }

  renderKeyboard() {
    this.keyboard.render();
    this.composer.renderHints();
  }

  onChat(person) {
    this.people.render();
    if (person !== this.model.person) return;
    this.history.render();
    this.renderKeyboard();
    this.start.render();
    this.frame.renderBlocked();
    this.read();
  }

  onMessage(change) {
    if (change.person === this.model.person) {
      this.history.update(change);
      this.start.render();
      this.frame.renderHeader();
      this.composer.renderHints();
      this.read();
    }
    this.people.render();
  }

  read() {
    if (this.model.person && document.visibilityState === "visible") this.model.markRead(this.model.person);
    this.frame.renderTitle();
  }
}

const page = new Page();
translatePage();
page.live.connect();
