/** Server-sent events; EventSource alone would give up for good when a restarting server answers 5xx. */

const PAUSES_MS = [300, 700, 1500, 3000, 5000];

export class Live {
  /**
   * @param {() => string} address asked anew at every attempt
   * @param {(event: object) => void} onEvent
   * @param {(connected: boolean) => void} onState `true` at every (re)connection: fetch everything again then
   */
  constructor(address, onEvent, onState) {
    Object.assign(this, { address, onEvent, onState, failures: 0, source: null, timer: 0 });
    window.addEventListener("pagehide", () => this.stop());
    window.addEventListener("pageshow", (event) => event.persisted && this.connect());
    window.addEventListener("online", () => this.failures && this.connect());
  }

  connect() {
    this.stop();
    this.source = new EventSource(this.address());
    this.source.onopen = () => this.opened();
    this.source.onmessage = (event) => this.onEvent(JSON.parse(event.data));
    this.source.onerror = () => this.failed();
  }

  opened() {
    this.failures = 0;
    this.onState(true);
  }

  failed() {
    this.stop();
    this.onState(false);
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), pause);
  }

  stop() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }
}
