/** The chosen language: phrases, dates, sizes and money in it. */

import { WORDS } from "./words.js";

const KEY = "sandbox.language";
const listeners = new Set();
let ahead = 0;
let zone;
let current = localStorage.getItem(KEY) ?? preferred();

/** The browser's first language that the page speaks; English for those who read neither. */
function preferred() {
  const codes = navigator.languages.map((code) => code.slice(0, 2).toLowerCase());
  return codes.find((code) => code in WORDS) ?? "en";
}

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

/** The zone that the bot tells times in, so that all of the demo shows one; without one it is the browser's. */
export function setZone(name) {
  const moved = name !== zone;
  zone = name;
  if (moved) listeners.forEach((listener) => listener());
}

/** How far the sandbox's clock is ahead of this machine's, in seconds. */
export function setAhead(seconds) {
  const moved = Math.abs(seconds - ahead) > 60;
  ahead = seconds;
  if (moved) listeners.forEach((listener) => listener());
}

/** Unix seconds, where the messages come from. */
export function worldNow() {
  return Date.now() / 1000 + ahead;
}

/** The phrase for a key in the chosen language, `{name}` filled from `values`. */
export function t(key, values = {}) {
  return WORDS[current][key].replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

export function hasWord(key) {
  return key in WORDS[current];
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

export function number(value) {
  return new Intl.NumberFormat(current).format(value);
}

/** `amount` is in the currency's smallest unit, whole Stars for XTR. */
export function money(amount, currency) {
  if (currency === "XTR") return `${new Intl.NumberFormat(current).format(amount)} ★`;
  const form = new Intl.NumberFormat(current, { style: "currency", currency, minimumFractionDigits: 0 });
  const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions()
    .maximumFractionDigits;
  return form.format(amount / 10 ** digits);
}

/** `unix` is in seconds, as in the Bot API. */
export function clock(unix) {
  return new Date(unix * 1000).toLocaleTimeString(current, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    timeZone: zone,
  });
}

export function dateTime(unix, more = {}) {
  const form = { ...more, timeZone: zone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return new Date(unix * 1000).toLocaleString(current, { ...form, hour12: false });
}

export function day(unix) {
  const [date, today] = [isoDay(unix), isoDay(worldNow())];
  const age = (Date.parse(today) - Date.parse(date)) / 86_400_000;
  if (age === 0) return t("today");
  if (age === 1) return t("yesterday");
  const year = date.slice(0, 4) === today.slice(0, 4) ? undefined : "numeric";
  const form = { day: "numeric", month: "long", year, timeZone: zone };
  return new Date(unix * 1000).toLocaleDateString(current, form);
}

/** Swedes write dates as ISO 8601 does. */
function isoDay(unix) {
  return new Date(unix * 1000).toLocaleDateString("sv-SE", { timeZone: zone });
}

export function fileSize(bytes) {
  const units = current === "ru" ? ["Б", "КБ", "МБ", "ГБ"] : ["B", "KB", "MB", "GB"];
  const power = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${new Intl.NumberFormat(current, { maximumFractionDigits: power ? 1 : 0 }).format(bytes / 1024 ** power)} ${units[power]}`;
}
