/** The sandbox's chat page: wires server, model and views together. */

import { Api } from "./api.js";
import { Callbacks } from "./callbacks.js";
import { ClockPanel } from "./clock.js";
import { Composer, copyText } from "./composer.js";
import { FaultPanel } from "./faults.js";
import { Feed } from "./feed.js";
import { Frame } from "./frame.js";
import { Groups } from "./groups.js";
import { History } from "./history.js";
import { PaymentSheet } from "./invoice.js";
import { ReplyKeyboard } from "./keyboards.js";
import { StartBar } from "./links.js";
import { Live } from "./live.js";
import { openChatMenu, openMessageMenu } from "./menus.js";
import { Model } from "./model.js";
import { PeopleList } from "./people.js";
import { toast } from "./sheets.js";
import { Tour } from "./tour.js";
import { language, onLanguage, setLanguage, t, translatePage } from "./language.js";
import { byId } from "./dom.js";

const NO_BOT_POLL_MS = 2000;

class Page {
  constructor() {
    this.model = new Model();
    this.api = new Api(new URLSearchParams(location.search).get("bot"));
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
    this.groups = new Groups(model, api, (request) => this.tell(request));
    this.start = new StartBar(
      model,
      (text) => send({ text }),
      (link) => this.payLink(link),
      (link) => this.groups.invite(link),
    );
    this.callbacks = new Callbacks(model, api, (event, url) => this.start.follow(event, url));
    this.history = new History(model, this.messageActions(), api);
    this.people = new PeopleList(model, (person) => this.choose(person));
    this.composer = new Composer(model, send, (id, text) => this.tell(api.edit(model.person, id, text)));
    this.keyboard = new ReplyKeyboard(model, { person: () => model.current, send });
    this.faults = new FaultPanel(api);
    this.clock = new ClockPanel(api);
    this.tour = new Tour(api);
    this.feed = new Feed(model, api, {
      answered: (event) => this.callbacks.answered(event),
      problem: (event) => toast(t("problem", event), { loud: true }),
      groups: () => this.groups.refresh(),
      decided: (event) => this.groups.decided(event),
    });
  }

  messageActions() {
    const send = (text) => this.send({ text });
    return {
      command: send,
      link: (event, url) => this.start.follow(event, url),
      copy: copyText,
      callback: (message, data) => this.callbacks.press(message, data),
      menu: (message, anchor) =>
        openMessageMenu(
          anchor,
          message,
          (kind, about) => this.composer.enterMode(kind, about),
          (emoji) => this.tell(this.api.react(this.model.person, message.message_id, emoji)),
        ),
      pay: (message) => this.openPayment(message),
      vote: (message, options) => this.tell(this.api.vote(this.model.person, message.message_id, options)),
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
    model.on("draft read people", () => this.people.render());
    window.addEventListener("hashchange", () => this.choose(this.hashPerson(), false));
    window.addEventListener("storage", () => this.people.render());
    document.addEventListener("visibilitychange", () => this.read());
    byId("back").addEventListener("click", () => this.choose(null));
    byId("new-person").addEventListener("click", () => this.addPerson());
    byId("language").addEventListener("click", () => setLanguage(language() === "ru" ? "en" : "ru"));
    byId("chat-menu").addEventListener("click", (event) => this.openMenu(event.currentTarget));
    byId("unblock").addEventListener("click", () => this.block(false));
    byId("bots").addEventListener("change", (event) => this.chooseBot(event.target.value));
    onLanguage(() => this.render());
  }

  onEvent(event) {
    this.feed.onEvent(event);
    this.tour.soon();
  }

  async onConnection(connected) {
    this.frame.connection(connected);
    if (connected) await this.refetch().catch(() => this.live.failed());
  }

  async refetch() {
    await this.tour.refresh();
    const bots = await this.api.bots();
    this.model.bots = bots;
    this.model.setBot(bots.find((bot) => String(bot.id) === this.api.bot) ?? bots[0] ?? null);
    // From here on this window belongs to that bot, whichever bot shows up later.
    this.api.bot = this.model.bot ? String(this.model.bot.id) : this.api.bot;
    this.model.people = await this.api.people();
    if (!this.model.bot) return this.waitForBot();
    this.model.person = this.hashPerson() ?? this.returning() ?? this.firstPerson();
    this.render();
    await Promise.all([this.model.person && this.feed.load(this.model.person), this.faults.refresh(), this.clock.refresh()]);
    return this.feed.loadPreviews();
  }

  waitForBot() {
    this.render();
    clearTimeout(this.botTimer);
    this.botTimer = setTimeout(() => this.refetch().catch(() => undefined), NO_BOT_POLL_MS);
  }

  hashPerson() {
    const id = Number(location.hash.slice(1));
    return this.model.knows(id) ? id : null;
  }

  /** From then on the address names them, so that a reconnection finds the same person. */
  returning() {
    const address = new URL(location.href);
    const person = this.start.payload || address.searchParams.has("back") ? this.model.leaver : null;
    if (!person) return null;
    address.searchParams.delete("back");
    address.hash = person;
    history.replaceState(history.state, "", address);
    return person;
  }

  /** On a phone the list comes first, as in Telegram. */
  firstPerson() {
    return matchMedia("(max-width: 700px)").matches ? null : (this.model.ordered[0]?.id ?? null);
  }

  choose(person, navigate = true) {
    if (navigate)
      history.pushState(null, "", `${location.pathname}${location.search}${person ? `#${person}` : ""}`);
    const before = this.model.person;
    this.model.person = person;
    this.render();
    if (person) this.feed.reload(person);
    if (!person) document.querySelector(`[data-testid="person-${before}"]`)?.focus();
    else if (matchMedia("(hover: hover)").matches) this.start.focus();
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
    await this.feed.reloadPeople();
    this.choose(person.id);
  }

  /** One after another, so that the bot sees them in the order they were written. */
  send(message) {
    const { person } = this.model;
    const sent = this.sending.then(() => this.tell(this.api.send(person, message)));
    this.sending = sent;
    return sent.then(Boolean);
  }

  /** The answer, or null after the error was shown. */
  tell(request) {
    return request.catch((error) => {
      toast(t("notSent", { why: error.message || t("unreachable") }));
      return null;
    });
  }

  openPayment({ message_id: id, invoice, needs_address, flexible }) {
    return new PaymentSheet({ ...invoice, needs_address, flexible }, { message_id: id }, this);
  }

  async payLink(link) {
    const invoice = await this.tell(this.api.invoice(link));
    if (invoice) new PaymentSheet(invoice, { link }, this);
  }

  async block(blocked) {
    const { person } = this.model;
    if (await this.tell(this.api.block(person, blocked))) await this.feed.reload(person);
  }

  openMenu(anchor) {
    const { blocked } = this.model.chat(this.model.person);
    const groups = () => this.groups.open();
    openChatMenu(anchor, blocked, {
      block: (on) => this.block(on),
      groups,
      clock: this.clock.movable && (() => this.clock.open()),
      faults: () => this.faults.open(),
    });
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
    this.renderStart();
  }

  renderStart() {
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
    this.renderStart();
    this.read();
  }

  onMessage(change) {
    if (change.person === this.model.person) {
      this.history.update(change);
      this.renderStart();
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
