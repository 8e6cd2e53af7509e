// Self-tests and «Prediga»: the reader chooses first, and sees afterwards. What is asked, answered and to be read again
// is in the page already (nfbook/quiz.py, nfbook/predict.py); here it becomes radio buttons, one question at a time.
(() => {
  const WORDS = {
    es: {
      check: "Comprobar", right: "Correcto.", wrong: "No es esa: es la", previous: "Anterior", next: "Siguiente",
      result: "Ver el resultado", at: (k, n) => `Pregunta ${k} de ${n}`, score: (k, n) => `${k} de ${n} bien.`,
      again: "Empezar de nuevo", read: "Para releer:", show: "Ya elegí: mostrar", hide: "Ocultar de nuevo",
      always: "mostrar siempre", number: "Su respuesta", hit: "Acertó.", miss: "Esta vez no: es la",
      near: (x) => `Acertó: es ${x}.`, far: (x, y) => `Usted dijo ${y}; es ${x}.`,
      waits: "Lo que sale se muestra después de elegir",
    },
    en: {
      check: "Check", right: "Right.", wrong: "Not that one: it is", previous: "Previous", next: "Next",
      result: "See the result", at: (k, n) => `Question ${k} of ${n}`, score: (k, n) => `${k} of ${n} right.`,
      again: "Start again", read: "To reread:", show: "I have chosen: show", hide: "Hide again",
      always: "always show", number: "Your answer", hit: "You got it.", miss: "Not this time: it is",
      near: (x) => `You got it: it is ${x}.`, far: (x, y) => `You said ${y}; it is ${x}.`,
      waits: "What comes out is shown after you choose",
    },
  };
  const words = WORDS[document.documentElement.lang.slice(0, 2)] ?? WORDS.en;
  const HIDDEN = "nf-hidden"; // on the screen: on paper nothing is

  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const hide = (element, hidden) => element.classList.toggle(HIDDEN, hidden);

  // A browser may refuse to remember; then every visit is the first
  const memory = {
    get: (key) => { try { return localStorage.getItem(`nfbook ${key}`); } catch { return null; } },
    set: (key, value) => {
      try { value ? localStorage.setItem(`nfbook ${key}`, value) : localStorage.removeItem(`nfbook ${key}`); } catch {}
    },
  };

  // Make a list of options one group of radio buttons, named by `title`
  function choices(list, title) {
    const rows = [...list.children];
    for (const row of rows) {
      const radio = make("input", { type: "radio", name: title.id, value: row.dataset.option });
      row.append(make("label", {}, radio, make("span", {}, ...row.childNodes)));
    }
    const group = make("div", { role: "radiogroup" });
    group.setAttribute("aria-labelledby", title.id);
    list.replaceWith(group);
    group.append(list);
    const radios = rows.map((row) => row.querySelector("input"));
    return {
      group, radios,
      letter: (value) => "abcdefgh"[rows.findIndex((row) => row.dataset.option === value)],
      get value() { return radios.find((radio) => radio.checked)?.value ?? ""; },
      set value(value) { for (const radio of radios) radio.checked = radio.value === value; },
      // Tell right from wrong by a sign beside the option, not by colour alone
      mark(shown) {
        for (const [row, radio] of rows.map((row, k) => [row, radios[k]])) {
          radio.disabled = shown;
          row.classList.toggle("nf-right", shown && radio.value === "0");
          row.classList.toggle("nf-wrong", shown && radio.checked && radio.value !== "0");
        }
      },
    };
  }

  // ---------------------------------------------------------------- one question of a self-test

  function question(row, changed) {
    const title = row.querySelector(".nf-asked");
    const options = choices(row.querySelector(".nf-options"), title);
    const fold = row.querySelector("details");
    const check = make("button", { className: "nf-button", textContent: words.check, disabled: true });
    const said = make("div", { className: "nf-said" });
    said.setAttribute("aria-live", "polite");
    const form = make("form", {}, title, options.group, check, said);
    row.prepend(form);
    title.tabIndex = -1;

    const show = (answered) => {
      options.mark(answered);
      hide(check, answered);
      hide(fold, !answered);
      said.replaceChildren();
      fold.open = false;
      if (!answered) return;
      const right = options.value === "0";
      said.className = `nf-said ${right ? "nf-right" : "nf-wrong"}`;
      said.append(make("strong", {}, right ? words.right : `${words.wrong} ${options.letter("0")}.`));
      if (!right) {
        const why = fold.querySelector(`[data-option="${options.value}"] > span`);
        said.append(" ", ...why.cloneNode(true).childNodes, " ", reread());
      }
    };
    const reread = () => fold.querySelector(".nf-reread").cloneNode(true);
    options.group.addEventListener("change", () => { check.disabled = false; });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!options.value || result.answered) return;
      result.answered = true;
      show(true);
      changed();
    });
    const result = {
      row, title, reread, answered: false,
      get right() { return this.answered && options.value === "0"; },
      clear() { options.value = ""; this.answered = false; check.disabled = true; show(false); },
    };
    result.clear();
    return result;
  }

  function quiz(list) {
    const at = make("p", { className: "nf-at" });
    const [previous, next] = ["previous", "next"].map((name) =>
      make("button", { type: "button", className: "nf-button", textContent: words[name] }));
    const end = make("div", { className: "nf-result", tabIndex: -1 });
    const questions = [...list.children].map((row) => question(row, () => next.focus()));
    const last = questions.length;
    list.classList.add("nf-live");
    list.after(end, make("div", { className: "nf-turn" }, previous, at, next));

    let now = 0;
    const turn = (to, focus = true) => {
      now = to;
      questions.forEach(({ row }, k) => hide(row, k !== now));
      hide(end, now !== last);
      at.textContent = now < last ? words.at(now + 1, last) : "";
      previous.disabled = now === 0;
      next.textContent = now < last - 1 ? words.next : now < last ? words.result : words.again;
      if (now === last) finish();
      if (focus) (now === last ? end : questions[now].title).focus();
    };
    const finish = () => {
      const missed = questions.filter((one) => !one.right);
      end.replaceChildren(make("p", {}, make("strong", {}, words.score(last - missed.length, last))));
      if (!missed.length) return;
      const links = new Map(missed.map((one) => one.reread().querySelector("a")).map((a) => [a.href, a]));
      end.append(make("p", {}, words.read), make("ul", {}, ...[...links.values()].map((a) => make("li", {}, a))));
    };
    previous.addEventListener("click", () => turn(now - 1));
    next.addEventListener("click", () => {
      if (now === last) for (const one of questions) one.clear();
      turn(now === last ? 0 : now + 1);
    });
    turn(0, false);
  }

  // ---------------------------------------------------------------- «Prediga»

  // The first output and the first fold that follow a box, before the next one and in its section
  function answers(box) {
    let output, fold;
    for (let next = box.nextElementSibling; next; next = next.nextElementSibling) {
      if (next.matches("section, .nf-predict")) break;
      if (next.matches(".cell.tag_reveal")) output ??= next.querySelector(".cell_output");
      if (next.matches(".nf-reveal")) fold ??= next;
    }
    return { output, fold };
  }

  function numberField(place) {
    const field = make("input", { type: "text", inputMode: "decimal", autocomplete: "off" });
    place.append(make("label", {}, `${words.number}: `, field));
    return {
      group: place, radios: [field],
      get value() { return field.value.trim(); },
      set value(value) { field.value = value; },
      mark(shown) { field.disabled = shown; },
      verdict() {
        const { number, tolerance } = place.dataset;
        const near = Math.abs(Number(this.value.replace(",", ".")) - number) <= Number(tolerance);
        return [near, near ? words.near(number) : words.far(number, this.value)];
      },
    };
  }

  function predict(box, everyBox) {
    const title = box.querySelector(".admonition-title");
    title.id = `${box.id}-title`;
    const list = box.querySelector(".nf-options"), place = box.querySelector(".nf-number");
    const asked = list ? choices(list, title) : place ? numberField(place) : null;
    if (list) asked.verdict = () => {
      const right = asked.value === "0";
      return [right, right ? words.hit : `${words.miss} ${asked.letter("0")}.`];
    };
    const { output, fold } = answers(box);
    const button = make("button", { className: "nf-button" });
    const always = make("input", { type: "checkbox" });
    const said = make("div", { className: "nf-said" });
    said.setAttribute("aria-live", "polite");
    const foot = make("div", { className: "nf-turn" }, button, make("label", {}, always, ` ${words.always}`));
    const form = make("form", {}, ...(asked ? [asked.group] : []), foot, said);
    box.append(form);
    const waits = make("p", { className: "nf-waits" }, make("a", { href: `#${box.id}`, textContent: words.waits }));
    output?.before(waits);

    const key = `predict ${location.pathname} ${box.id}`;
    let shown = false;
    const show = (open) => {
      shown = open;
      if (output) hide(output, !open);
      hide(waits, open);
      if (fold) hide(fold, !open), fold.open = open;
      asked?.mark(open && !!asked.value);
      button.textContent = open ? words.hide : words.show;
      button.disabled = !open && !!asked && !asked.value;
      said.replaceChildren();
      if (!open || !asked?.value) return;
      const [right, text] = asked.verdict();
      said.className = `nf-said ${right ? "nf-right" : "nf-wrong"}`;
      said.append(make("strong", {}, text));
    };
    asked?.group.addEventListener("input", () => show(shown));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (button.disabled) return;
      if (shown && asked) asked.value = "";
      memory.set(key, shown ? "" : asked?.value || "yes");
      show(!shown);
    });
    always.addEventListener("change", () => {
      memory.set("predict always", always.checked ? "yes" : "");
      for (const one of everyBox) one.always(always.checked);
    });
    const before = memory.get(key);
    if (asked && before) asked.value = before;
    show(!!before);
    return {
      always(yes) { always.checked = yes; show(yes || !!memory.get(key)); },
      // A link may lead into what is hidden
      holds: (target) => !!target && [output, fold].some((part) => part?.contains(target)),
      open: () => show(true),
    };
  }

  for (const list of document.querySelectorAll(".nf-quiz")) quiz(list);
  const boxes = [];
  for (const box of document.querySelectorAll(".nf-predict")) boxes.push(predict(box, boxes));
  if (memory.get("predict always")) for (const box of boxes) box.always(true);
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (const box of boxes) if (box.holds(target)) box.open(), target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();
})();
