/* What a link leads to, in a small box, while the pointer or the keyboard is on it: an equation, a figure, a statement,
   a term of the glossary or a reference. From another page it is fetched once, which file:// does not allow. */
(() => {
  const KINDS = /^(?:equation-eq|fig|tab|thm|prop|def|lem|cor|term)-/;
  const AWAY = ".headerlink, .nf-verified, .nf-slides, .nf-controls, .nf-readout, script, details";
  const box = Object.assign(document.createElement("div"), { id: "nf-preview", role: "tooltip", hidden: true });
  const pages = new Map([[location.pathname, document]]);
  let at = null, timer = 0;

  async function source({ pathname }) {
    if (!pages.has(pathname) && location.protocol !== "file:") {
      const html = await (await fetch(pathname)).text();
      pages.set(pathname, new DOMParser().parseFromString(html, "text/html"));
    }
    return pages.get(pathname);
  }

  async function content(link) {
    const cited = link.dataset.cited ?? link.title;
    if (link.closest(".bibtex-citation") && cited) {
      link.dataset.cited = cited; // in the box, not in the browser's own as well
      link.removeAttribute("title");
      return cited;
    }
    const url = new URL(link.href), id = decodeURIComponent(url.hash.slice(1));
    const found = KINDS.test(id) && (await source(url))?.getElementById(id);
    if (!found) return null;
    const copy = (found.matches("dt") ? found.nextElementSibling : found).cloneNode(true);
    for (const element of copy.querySelectorAll(AWAY)) element.remove();
    for (const element of [copy, ...copy.querySelectorAll("[id]")]) if (!element.closest("svg")) element.removeAttribute("id");
    for (const image of copy.querySelectorAll("img")) image.src = new URL(image.getAttribute("src"), url);
    return copy;
  }

  async function show(link) {
    const inside = await content(link);
    if (!inside || at !== link) return;
    box.replaceChildren(inside);
    document.body.append(box);
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    const place = link.getBoundingClientRect(), { width, height } = box.getBoundingClientRect();
    const below = place.bottom + height + 8 < innerHeight || place.top < height + 8;
    box.style.top = `${scrollY + (below ? place.bottom + 4 : place.top - height - 4)}px`;
    box.style.left = `${Math.max(8, Math.min(place.left, document.documentElement.clientWidth - width - 8))}px`;
  }

  function hide() {
    clearTimeout(timer);
    at?.removeAttribute("aria-describedby");
    at = null;
    box.hidden = true;
  }

  function enter(link, wait) {
    if (link === at) return clearTimeout(timer);
    hide();
    at = link;
    timer = setTimeout(show, wait, link);
  }

  const within = (event) => event.target.closest?.("article a.reference.internal, #nf-preview");
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse") return;
    const over = within(event);
    if (over === box) clearTimeout(timer); // the pointer may go into the box
    else if (over) enter(over, 250);
    else if (at) { clearTimeout(timer); timer = setTimeout(hide, 250); }
  });
  document.addEventListener("focusin", (event) => {
    const link = within(event);
    if (link?.matches("a:focus-visible")) enter(link, 0); else if (link !== box) hide();
  });
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape") hide(); });
  addEventListener("pagehide", hide);
})();
