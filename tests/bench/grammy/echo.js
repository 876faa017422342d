// A bot of another language beside ours: grammY, an echo, Node's own server. `node echo.js TELEGRAM_URL TOKEN SECRET PATH`
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Bot, webhookCallback } from "grammy";

const [telegram, token, secret, path] = process.argv.slice(2);
const bot = new Bot(token, { client: { apiRoot: telegram } });
bot.on("message:text", (context) => context.reply(context.message.text));
await bot.init();
const handle = webhookCallback(bot, "http", { secretToken: secret });
const server = createServer((request, response) => {
  if (request.url === path) return handle(request, response);
  response.writeHead(404).end();
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: server.address().port })));

const lines = createInterface({ input: process.stdin });
lines.on("line", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  console.log(JSON.stringify({ cpu: (userCPUTime + systemCPUTime) / 1e6, statements: 0, rss: maxRSS / 1024 }));
});
lines.on("close", () => process.exit());
