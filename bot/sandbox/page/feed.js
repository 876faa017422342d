/** From the server into the model: whole chats when asked for, single changes as they happen. */

/** Telegram shows a chat action for five seconds or until a message comes. */
const ACTION_MS = 5000;
/** Chats fetched for their last words and unread counts; a sandbox full of test people would be slow to open. */
const PREVIEWS = 30;

export class Feed {
  /** @param {{answered: (event: object) => void, problem: (event: object) => void, groups: () => void, decided: (event: object) => void}} others for what concerns no chat */
  constructor(model, api, others) {
    Object.assign(this, { model, api, others, loads: new Set(), timers: new Map() });
  }

  /**
   * Events that come while a chat is being fetched are played again on top: the answer may be older than they are.
   * Rejects with ApiError.
   */
  async load(person) {
    const load = { person, events: [] };
    this.loads.add(load);
    try {
      this.model.setChat(person, await this.api.chat(person));
    } finally {
      this.loads.delete(load);
    }
    load.events.forEach((event) => this.apply(person, event));
  }

  /** Like load; a failure is the connection's business, which then fetches everything again. */
  reload(person) {
    return this.load(person).catch(() => undefined);
  }

  async loadPreviews() {
    const others = this.model.people.filter((person) => person.id !== this.model.person);
    for (const person of others.slice(0, PREVIEWS)) await this.load(person.id);
  }

  async reloadPeople() {
    this.model.setPeople(await this.api.people().catch(() => this.model.people));
  }

  onEvent(event) {
    if (event.bot !== this.model.bot?.id) return;
    if (event.type === "problem") this.others.problem(event);
    else if (event.type === "callback_answer") this.others.answered(event);
    else if (event.type === "groups") this.others.groups();
    else if (event.type === "join_decided") this.others.decided(event);
    else if (event.person === undefined) this.onCommands();
    else if (this.model.knows(event.person)) this.onChatEvent(event);
    else this.meet(event.person);
  }

  /** New command lists concern everybody; chats out of sight fetch theirs when they are chosen. */
  onCommands() {
    if (this.model.person) this.reload(this.model.person);
  }

  onChatEvent(event) {
    for (const load of this.loads) if (load.person === event.person) load.events.push(event);
    if (event.type === "blocked") this.reload(event.person);
    else this.apply(event.person, event);
  }

  /** Somebody made in another window, or by a test. Groups that tests inject are nobody. */
  async meet(person) {
    await this.reloadPeople();
    if (this.model.knows(person)) await this.reload(person);
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
      default:
        return undefined;
    }
  }

  showAction(person, action) {
    this.model.setAction(person, action);
    clearTimeout(this.timers.get(person));
    this.timers.set(
      person,
      setTimeout(() => this.model.setAction(person, null), ACTION_MS),
    );
  }
}
