/** Visible elements that reach beyond the window's sides; text that is cut on purpose (…) and code blocks that scroll are left out. */
() => {
  const meant = "pre, .key > span, .preview, .person-name, .titles, .quote, .unseen, .who, .mode-words";
  const beyond = (box) => box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
  const found = [...document.querySelectorAll("body *")]
    .filter((node) => node.checkVisibility() && !node.closest(meant))
    .filter((node) => beyond(node.getBoundingClientRect()))
    .map((node) => `${node.tagName}#${node.id}.${node.className}`);
  return document.documentElement.scrollWidth > innerWidth ? [...found, "the page itself"] : found;
};
