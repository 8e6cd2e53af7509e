/* The search page: finds sections, whose index is searchindex.js, and shows their words around what was asked for. */
(() => {
  const spanish = document.documentElement.lang === "es";
  const say = spanish
    ? {none: (q) => `No hay nada sobre «${q}». Pruebe con una palabra sola, o con otra forma de escribirla.`,
       some: (n, q) => `${n} ${n === 1 ? "resultado" : "resultados"} para «${q}»`,
       best: (n, all, q) => `Los ${n} mejores de ${all} resultados para «${q}»`}
    : {none: (q) => `Nothing about “${q}”. Try a single word, or another spelling.`,
       some: (n, q) => `${n} ${n === 1 ? "result" : "results"} for “${q}”`,
       best: (n, all, q) => `The best ${n} of ${all} results for “${q}”`};
  const SHOWN = 40, AROUND = 90; // results; letters on each side of a word that was found

  const fold = (word) => word.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
  const stem = (word) => spanish
    ? word.replace(/(?<=...)(?:es|s)$/, "").replace(/(?<=...)[aeo]$/, "")
    : word.replace(/(?<=..)ies$/, "y").replace(/(?<=...)(?:s|ed|ing)$/, "").replace(/(?<=...)e$/, "");
  const common = new Set((spanish
    ? "a al con de del el en es la las lo los para por que se su un una y o"
    : "a an and are as at by for from in is it of on or that the to with").split(" "));
  const term = (word) => common.has(fold(word)) ? null : stem(fold(word));
  const words = (text) => text.match(/[\p{L}\p{N}_]+/gu) ?? [];

  const make = (tag, properties, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };

  /* The text around the first word that was asked for, with all of them marked. */
  const excerpt = (text, asked) => {
    const is = (word) => asked.some((each) => term(word)?.startsWith(each));
    const first = [...text.matchAll(/[\p{L}\p{N}_]+/gu)].find(([word]) => is(word))?.index ?? 0;
    const from = Math.max(0, text.lastIndexOf(" ", Math.max(0, first - AROUND)));
    const cut = text.slice(from, first + 2 * AROUND).replace(/\S*$/, "");
    const parts = cut.split(/([\p{L}\p{N}_]+)/u)
      .map((part) => is(part) ? make("span", {className: "highlighted"}, part) : part);
    return make("p", {className: "context"}, from ? "… " : "", ...parts, " …");
  };

  const query = new URLSearchParams(location.search).get("q")?.trim();
  const output = document.getElementById("search-results");
  if (!query || !output) return;
  document.querySelectorAll('input[name="q"]').forEach((field) => { field.value = query; });
  const index = new MiniSearch({fields: ["title", "text"], tokenize: words, processTerm: term});
  index.addAll(SECTIONS.map((each) => ({...each, id: each.order})));
  const found = index.search(query, {
    boost: {title: 4}, combineWith: "AND", prefix: (word) => word.length > 3,
    boostDocument: (number) => SECTIONS[number].worth,
  });
  const asked = words(query).map(term).filter(Boolean);
  output.append(make("p", {className: "search-summary", role: "status"},
    !found.length ? say.none(query) : found.length > SHOWN ? say.best(SHOWN, found.length, query)
      : say.some(found.length, query)));
  output.append(make("ul", {className: "search"}, ...found.slice(0, SHOWN).map(({id}) => {
    const {id: address, title, page, text} = SECTIONS[id];
    return make("li", {}, make("a", {href: address}, [...page, title].join(" › ")), excerpt(text, asked));
  })));
})();
