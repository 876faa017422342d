/** Everything the page says, in Russian and English, and the forms of numbers, dates and money. */

const WORDS = {
  ru: {
    sandbox: "Песочница", people: "Люди", newPerson: "Новый человек", admin: "админ", bot: "бот", you: "Вы", back: "Назад к людям",
    draft: "Черновик:", noMessages: "Нет сообщений", unread: "непрочитанных: {n}", language: "Switch to English",
    dashboard: "Кабинет магазина", faults: "Поломки", faultsOn: "Поломки: включены", faultsNote: "Здесь включают сбои, чтобы увидеть, как бот их переживёт.",
    faultsReset: "Выключить все", telegramSide: "Telegram", providerSide: "Платёжный провайдер", callbackSide: "Уведомления провайдера", other: "Прочее",
    times: "раз", seconds: "с", percent: "%",
    messages: "Сообщения", write: "Сообщение", send: "Отправить", save: "Сохранить", menu: "Меню", commands: "Команды бота",
    attach: "Прикрепить", photoFile: "Фото из файла", ownContact: "Мой контакт", otherContact: "Чужой контакт", sticker: "Стикер",
    keyboardShow: "Показать кнопки бота", keyboardHide: "Скрыть кнопки бота", keyboard: "Кнопки бота", toBottom: "К последним сообщениям",
    start: "Запустить", startWith: "Ссылка с параметром «{payload}»", cancel: "Отмена", close: "Закрыть", ok: "Понятно",
    emptyTitle: "Здесь пока пусто", emptyText: "Нажмите «Запустить», и бот ответит, как в Telegram.",
    noBotTitle: "Бота ещё нет", noBotText: "Запустите бота с адресом Bot API {origin}: он появится здесь сам. Подойдёт любой токен вида 123456:abc.",
    pickTitle: "Выберите, кем писать боту", chooseBot: "Бот",
    editing: "Изменение сообщения", replying: "В ответ на", edit: "Изменить", reply: "Ответить", copy: "Копировать текст", copied: "Скопировано",
    actions: "Действия с сообщением", edited: "изменено", today: "Сегодня", yesterday: "Вчера",
    typing: "печатает…", upload_photo: "отправляет фото…", upload_document: "отправляет файл…", upload_video: "отправляет видео…",
    upload_voice: "отправляет голосовое…", record_voice: "записывает голосовое…", record_video: "записывает видео…", choose_sticker: "выбирает стикер…",
    find_location: "ищет место…",
    lost: "Нет связи с песочницей. Переподключаюсь…", restored: "Связь восстановлена", notSent: "Не отправлено: {why}", unreachable: "песочница не отвечает",
    shareTitle: "Поделиться номером?", shareText: "Бот узнает ваше имя и номер {phone}.", share: "Поделиться", contactTitle: "Отправить чужой контакт",
    firstName: "Имя", phone: "Телефон", noPhone: "У этого человека нет номера.", contactLabel: "Контакт",
    noLocation: "Отправка места в песочнице не поддерживается.", noInline: "Эта кнопка ведёт в другой чат: в песочнице их нет.",
    photoTitle: "Отправить фото", caption: "Подпись", photo: "Фото", video: "Видео", audio: "Аудио", voice: "Голосовое сообщение", document: "Файл",
    download: "Скачать", badPhoto: "Это не похоже на картинку.", openPhoto: "Открыть фото", closePhoto: "Закрыть фото",
    spoiler: "Скрытый текст: показать", copyCode: "Скопировать", unknownKind: "Сообщение вида «{kind}» страница не показывает",
    invoice: "Счёт", pay: "Оплатить {sum}", paid: "Оплачено", payTitle: "Оплата", payer: "Плательщик", total: "Итого", testCard: "Тестовая карта",
    payConfirm: "Оплатить {sum}", payDecline: "Оплатить картой, которую банк отклонит", payClose: "Закрыть без оплаты",
    starsBalance: "На балансе", starsPay: "Подтвердить и заплатить {sum}", starsTopUp: "Пополнить на 1000 ★", paying: "Платёж проводится…",
    statusPaid: "Платёж прошёл", statusDeclined: "Банк отклонил карту. Деньги не списаны.", statusRefused: "Бот отказался принять платёж.",
    statusTimeout: "Бот не ответил за 10 секунд. Деньги не списаны.", paidNote: "Вы заплатили {sum}", refundNote: "Возвращено {sum}",
    pinned: "Бот закрепил сообщение", block: "Заблокировать бота", unblock: "Разблокировать бота", blocked: "Вы заблокировали бота: он не может вам писать.",
    chatMenu: "Меню чата", botAnswer: "Ответ бота", problem: "Песочница не умеет {method}: {description}", newMessage: "Новое сообщение: {text}",
    waiting: "Жду ответа бота", openLink: "откроется в новой вкладке", buttonGone: "Бот не ответил на нажатие.", tgLink: "Такие ссылки в песочнице не работают.",
  },
  en: {
    sandbox: "Sandbox", people: "People", newPerson: "New person", admin: "admin", bot: "bot", you: "You", back: "Back to people",
    draft: "Draft:", noMessages: "No messages", unread: "unread: {n}", language: "Переключить на русский",
    dashboard: "Shop dashboard", faults: "Faults", faultsOn: "Faults: switched on", faultsNote: "Switch failures on here to see how the bot survives them.",
    faultsReset: "Switch all off", telegramSide: "Telegram", providerSide: "Payment provider", callbackSide: "Provider's notifications", other: "Other",
    times: "times", seconds: "s", percent: "%",
    messages: "Messages", write: "Message", send: "Send", save: "Save", menu: "Menu", commands: "Bot commands",
    attach: "Attach", photoFile: "Photo from a file", ownContact: "My contact", otherContact: "Someone else's contact", sticker: "Sticker",
    keyboardShow: "Show bot's buttons", keyboardHide: "Hide bot's buttons", keyboard: "Bot's buttons", toBottom: "To the latest messages",
    start: "Start", startWith: "Link with parameter “{payload}”", cancel: "Cancel", close: "Close", ok: "OK",
    emptyTitle: "Nothing here yet", emptyText: "Press Start and the bot answers, as in Telegram.",
    noBotTitle: "No bot yet", noBotText: "Start a bot with the Bot API address {origin}: it appears here by itself. Any token like 123456:abc will do.",
    pickTitle: "Choose whom to write as", chooseBot: "Bot",
    editing: "Edit message", replying: "Reply to", edit: "Edit", reply: "Reply", copy: "Copy text", copied: "Copied",
    actions: "Message actions", edited: "edited", today: "Today", yesterday: "Yesterday",
    typing: "typing…", upload_photo: "sending a photo…", upload_document: "sending a file…", upload_video: "sending a video…",
    upload_voice: "sending a voice message…", record_voice: "recording voice…", record_video: "recording video…", choose_sticker: "choosing a sticker…",
    find_location: "finding a place…",
    lost: "Connection to the sandbox lost. Reconnecting…", restored: "Connected again", notSent: "Not sent: {why}", unreachable: "the sandbox does not answer",
    shareTitle: "Share your number?", shareText: "The bot will see your name and number {phone}.", share: "Share", contactTitle: "Send someone else's contact",
    firstName: "First name", phone: "Phone", noPhone: "This person has no number.", contactLabel: "Contact",
    noLocation: "The sandbox cannot send locations.", noInline: "This button leads to another chat: the sandbox has none.",
    photoTitle: "Send photo", caption: "Caption", photo: "Photo", video: "Video", audio: "Audio", voice: "Voice message", document: "File",
    download: "Download", badPhoto: "This does not look like a picture.", openPhoto: "Open photo", closePhoto: "Close photo",
    spoiler: "Hidden text: show", copyCode: "Copy", unknownKind: "The page does not show messages of kind “{kind}”",
    invoice: "Invoice", pay: "Pay {sum}", paid: "Paid", payTitle: "Payment", payer: "Payer", total: "Total", testCard: "Test card",
    payConfirm: "Pay {sum}", payDecline: "Pay with a card the bank declines", payClose: "Close without paying",
    starsBalance: "Balance", starsPay: "Confirm and pay {sum}", starsTopUp: "Top up by 1000 ★", paying: "Payment in progress…",
    statusPaid: "Payment went through", statusDeclined: "The bank declined the card. No money was taken.", statusRefused: "The bot refused the payment.",
    statusTimeout: "The bot did not answer within 10 seconds. No money was taken.", paidNote: "You paid {sum}", refundNote: "{sum} refunded",
    pinned: "The bot pinned a message", block: "Block the bot", unblock: "Unblock the bot", blocked: "You blocked the bot: it cannot write to you.",
    chatMenu: "Chat menu", botAnswer: "Bot's answer", problem: "The sandbox lacks {method}: {description}", newMessage: "New message: {text}",
    waiting: "Waiting for the bot", openLink: "opens in a new tab", buttonGone: "The bot did not answer the press.", tgLink: "Such links do not work in the sandbox.",
  },
};

const KEY = "sandbox.language";
const listeners = new Set();
let current = localStorage.getItem(KEY) ?? (navigator.language.toLowerCase().startsWith("en") ? "en" : "ru");

export function language() {
  return current;
}

export function setLanguage(code) {
  current = code;
  localStorage.setItem(KEY, code);
  listeners.forEach((listener) => listener());
}

export function onLanguage(listener) {
  listeners.add(listener);
}

/** The phrase for a key in the chosen language, `{name}` filled from `values`. */
export function t(key, values = {}) {
  return WORDS[current][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function hasWord(key) {
  return key in WORDS[current];
}

/** Keys that one language has and the other lacks; the page's test wants none. */
export function missingWords() {
  const [ru, en] = [Object.keys(WORDS.ru), Object.keys(WORDS.en)];
  return [...ru.filter((key) => !(key in WORDS.en)), ...en.filter((key) => !(key in WORDS.ru))];
}

/** Fill `data-t` (text) and `data-t-label` (accessible name and tooltip) of the static page. */
export function translatePage() {
  document.documentElement.lang = current;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) {
    node.setAttribute("aria-label", t(node.dataset.tLabel));
    node.title = t(node.dataset.tLabel);
  }
}

/** `amount` is in the currency's smallest unit, whole Stars for XTR. */
export function money(amount, currency) {
  if (currency === "XTR") return `${new Intl.NumberFormat(current).format(amount)} ★`;
  const form = new Intl.NumberFormat(current, { style: "currency", currency, minimumFractionDigits: 0 });
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  return form.format(amount / 10 ** digits);
}

/** `unix` is in seconds, as in the Bot API. */
export function clock(unix) {
  return new Date(unix * 1000).toLocaleTimeString(current, { hour: "2-digit", minute: "2-digit", hour12: false });
}

export function day(unix) {
  const date = new Date(unix * 1000);
  const age = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 86_400_000);
  if (age === 0) return t("today");
  if (age === 1) return t("yesterday");
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(current, { day: "numeric", month: "long", year });
}

export function fileSize(bytes) {
  const units = current === "ru" ? ["Б", "КБ", "МБ", "ГБ"] : ["B", "KB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${new Intl.NumberFormat(current, { maximumFractionDigits: power ? 1 : 0 }).format(bytes / 1024 ** power)} ${units[power]}`;
}
