/**
 * What every interactive figure of the book shares: a little mathematics, SVG as text,
 * and the mounting of a figure in a page. Load it before the figures. All of them are classic
 * scripts, which also work from file://, and draw without a document, so that the build can put
 * the first state of a figure into the page (for paper, and for readers without JavaScript).
 *
 * A figure is an object
 *   initial   state at the start; `width` is the width of the drawing in pixels
 *   strings   {es: {...}, en: {...}} with `controls`, `options`, and what the figure writes
 *   controls  [{key, kind: "range" | "select", min, max, step, digits, options}]
 *             (`min`, `max` may be functions of the state)
 *   reduce    (state, change) -> state      keeps the state consistent; pure
 *   render    (state, strings) -> SVG text  pure: no document, so that the build can call it
 *   readout   (state, strings) -> HTML text, the numbers below the figure
 *   summary   (state, strings) -> one sentence for screen readers
 *   animate   {key, from, to, seconds}, optional: what the play button moves
 *             (`to`, `seconds` may be functions of the state)
 *   buttons   [{key, press: (state) -> change}], optional, named by strings.buttons
 *   drag      (state, name, x, y) -> change, optional: an element of the drawing with the attribute
 *             data-drag="name" was dragged to (x, y), in pixels of the drawing; one that has
 *             data-press too answers as soon as it is pressed
 *   keys      (state, key) -> change or undefined, optional: a key was pressed on the drawing,
 *             which then takes the focus and is named by strings.keys
 *   beside    true where controls and numbers go beside the drawing, if there is room
 *
 * What is set stands in the address: `#fig-planar-live:bend=-1,shear=0` opens the page so, and a
 * link to it in the text (the role `set`) sets the figure.
 */
(function () {
  "use strict";

  // ---------------------------------------------------------------- mathematics

  /**
   * The error function, by the series 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!.
   * All its terms have the sign of x, so nothing cancels.
   */
  function erf(x) {
    if (Math.abs(x) > 6) return Math.sign(x);
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }

  /**
   * The root of f(z) = y for an increasing f with f(low) ≤ y ≤ f(high): Newton's steps,
   * and a bisection wherever Newton would leave the bracket.
   */
  function solveIncreasing(f, slope, y, low, high) {
    let z = (low + high) / 2;
    for (let step = 0; step < 100; step++) {
      const residual = f(z) - y;
      if (residual === 0) return z;
      if (residual > 0) high = z;
      else low = z;
      let next = z - residual / slope(z);
      if (!(next >= low && next <= high)) next = (low + high) / 2;
      if (Math.abs(next - z) <= 2e-16 * Math.max(1, Math.abs(z))) return next;
      z = next;
    }
    return z;
  }

  /** The affine map that takes the interval [a, b] to [p, q]. */
  function scale(a, b, p, q) {
    return (value) => p + ((value - a) / (b - a)) * (q - p);
  }

  // ---------------------------------------------------------------- text of SVG and HTML

  const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

  function escape(text) {
    return String(text).replace(/[&<>"]/g, (character) => ENTITIES[character]);
  }

  /** A coordinate: two decimals are a hundredth of a pixel. */
  function coordinate(value) {
    if (!Number.isFinite(value)) throw new RangeError(`a coordinate is ${value}`);
    return String(Math.round(value * 100) / 100);
  }

  /** A number as text, with a true minus sign. */
  function signed(value) {
    return String(value).replace("-", "−");
  }

  /** `<name key="value">children</name>`; children are markup or numbers, values are escaped. */
  function tag(name, attributes, ...children) {
    const written = Object.entries(attributes).map(([key, value]) => {
      const text = typeof value === "number" ? coordinate(value) : escape(value);
      return ` ${key}="${text}"`;
    });
    const body = children.map((child) => (typeof child === "number" ? signed(child) : child));
    return `<${name}${written.join("")}>${body.join("")}</${name}>`;
  }

  /** The `d` of a path through points [[x, y], ...]. */
  function path(points, close = false) {
    const steps = points.map(([x, y]) => `${coordinate(x)} ${coordinate(y)}`);
    return `M${steps.join("L")}${close ? "Z" : ""}`;
  }

  /** A line through points. */
  function line(kind, points) {
    return tag("path", { class: kind, d: path(points), fill: "none" });
  }

  function text(x, y, anchor, content, kind = "nf-tick") {
    return tag("text", { x, y, class: kind, "text-anchor": anchor }, content);
  }

  /** Splits "p_X(x)" or "z_1" into pieces: letters are italic, _ and ^ move one letter or number. */
  function mathPieces(formula) {
    return Array.from(formula.matchAll(/([_^]?)(\p{Script=Latin}|\d+|[^\p{Script=Latin}\d_^]+)/gu));
  }

  /** A formula as the content of an SVG text. */
  function svgMath(formula) {
    const depths = { "": 0, _: 0.28, "^": -0.42 };
    let depth = 0;
    return mathPieces(formula).map(([, shift, symbols]) => {
      const letter = /\p{Script=Latin}/u.test(symbols);
      const size = shift ? 0.72 : 1;
      const dy = (depths[shift] - depth) / size;
      depth = depths[shift];
      const kind = (letter ? "nf-letter" : "nf-symbol") + (shift ? " nf-small" : "");
      const attributes = { class: kind };
      if (dy) attributes.dy = `${dy.toFixed(3)}em`;
      return tag("tspan", attributes, escape(symbols));
    }).join("");
  }

  /** A formula as HTML. */
  function htmlMath(formula) {
    const names = { _: "sub", "^": "sup" };
    const pieces = mathPieces(formula).map(([, shift, symbols]) => {
      const letter = /\p{Script=Latin}/u.test(symbols);
      const body = letter ? tag("i", {}, symbols) : escape(symbols);
      return shift ? tag(names[shift], {}, body) : body;
    });
    return tag("span", { class: "nf-math" }, ...pieces);
  }

  /** A number shown with few digits; `value` keeps all of them for whoever reads the page. */
  function number(key, value, digits = 4) {
    return `<data data-key="${key}" value="${value}">${signed(value.toFixed(digits))}</data>`;
  }

  // ---------------------------------------------------------------- figures

  const figures = {};

  function register(name, figure) {
    figures[name] = figure;
  }

  /** The figure's SVG in its initial state, or with some changes to it. */
  function prerender(name, language, changes = {}) {
    const figure = figures[name];
    if (!figure) throw new Error(`no figure is called ${name}`);
    const strings = figure.strings[language];
    if (!strings) throw new Error(`figure ${name} has no strings for ${language}`);
    return figure.render(figure.reduce(figure.initial, changes), strings);
  }

  const MACHINE = {
    es: { play: "Animar", pause: "Pausa", reset: "Reiniciar" },
    en: { play: "Animate", pause: "Pause", reset: "Reset" },
  };

  function create(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  /** A limit that may be a function of the state. */
  function at(limit, state) {
    return typeof limit === "function" ? limit(state) : limit;
  }

  function buildButton(text, kind, press) {
    const button = create("button", { type: "button", class: kind }, text);
    button.addEventListener("click", press);
    return button;
  }

  /** A labelled native control; `refresh(state)` writes the state into it. */
  function buildControl(control, strings, change) {
    const { key, kind, digits = 0 } = control;
    const shown = create("span", { class: "nf-value", "aria-hidden": "true" });
    const name = create("span", { class: "nf-name" });
    name.innerHTML = strings.controls[key];
    let input;
    if (kind === "range") {
      input = create("input", { type: "range", step: control.step });
      input.addEventListener("input", () => change({ [key]: Number(input.value) }));
    } else {
      input = create("select");
      for (const value of control.options) {
        const text = strings.options?.[key]?.[value] ?? value;
        input.append(create("option", { value }, String(text)));
      }
      input.addEventListener("change", () => {
        change({ [key]: control.options[input.selectedIndex] });
      });
    }
    input.setAttribute("data-control", key);
    const label = create("label", { class: `nf-control nf-${kind}` }, name, shown, input);
    function refresh(state) {
      if (kind === "range") {
        input.min = at(control.min, state);
        input.max = at(control.max, state);
        shown.textContent = signed(state[key].toFixed(digits));
      }
      input.value = String(state[key]);
    }
    return { label, refresh };
  }

  /** A button that moves one number of the state from its start to its end. */
  function buildPlayer(animate, words, read, change) {
    const button = buildButton("", "nf-play", () => (frame ? stop() : start()));
    let frame = 0;
    function stop() {
      cancelAnimationFrame(frame);
      frame = 0;
      button.textContent = `▶ ${words.play}`;
    }
    function start() {
      const { key, from } = animate;
      const [to, seconds] = [animate.to, animate.seconds].map((limit) => at(limit, read()));
      const begin = read()[key] >= to ? from : read()[key];
      let first;
      button.textContent = `❚❚ ${words.pause}`;
      function tick(now) {
        first ??= now;
        const value = Math.min(to, begin + ((now - first) / 1000 / seconds) * (to - from));
        change({ [key]: Math.round(value * 100) / 100 });
        if (value < to) frame = requestAnimationFrame(tick);
        else stop();
      }
      frame = requestAnimationFrame(tick);
    }
    stop();
    return { button, start, stop };
  }

  /** Turns the pre-rendered picture in `body` into a figure that answers. */
  function mount(body) {
    const figure = figures[body.dataset.interactive];
    if (!figure || body.dataset.mounted) return;
    body.dataset.mounted = "true";
    const language = body.dataset.lang || document.documentElement.lang;
    const strings = figure.strings[language] ?? figure.strings.en;
    const stage = create("div", { class: "nf-stage" });
    stage.append(...body.childNodes);
    const panel = create("div", { class: "nf-controls" });
    const readout = create("div", { class: "nf-readout pst-scrollable-table-container" });
    const spoken = create("div", { class: "nf-spoken", "aria-live": "polite" });
    let state = figure.initial;
    let speaking, writing;

    function draw() {
      stage.innerHTML = figure.render(state, strings);
      readout.innerHTML = figure.readout(state, strings);
      for (const control of controls) control.refresh(state);
    }
    function show(next) {
      state = next;
      draw();
      clearTimeout(speaking); // one sentence when the reader stops, not one for every step
      speaking = setTimeout(() => (spoken.textContent = figure.summary(state, strings)), 500);
    }
    const change = (changes) => show(figure.reduce(state, changes));
    function changeByHand(changes) {
      player?.stop();
      change(changes);
      clearTimeout(writing);
      writing = setTimeout(remember, 300);
    }
    function reset() {
      player?.stop();
      show(figure.reduce({ ...figure.initial, width: state.width }, {}));
      remember();
    }
    const name = body.closest("figure[id]")?.id;
    const settings = Object.keys(figure.initial)
      .filter((key) => key !== "width" && typeof figure.initial[key] !== "object");
    function remember() {
      const set = settings.filter((key) => state[key] !== figure.initial[key]);
      const hash = set.length ? `#${name}:${set.map((key) => `${key}=${state[key]}`)}` : location.pathname + location.search;
      if (name) history.replaceState(null, "", hash);
    }
    function recall(hash) {
      const [place, written] = decodeURIComponent(hash).slice(1).split(":");
      if (!written || place !== name) return;
      const pairs = written.split(",").map((each) => each.split("="));
      const changes = pairs.filter(([key]) => settings.includes(key)).map(([key, value]) =>
        [key, typeof figure.initial[key] === "number" ? Number(value) : value]);
      if (changes.some(([, value]) => Number.isNaN(value))) return;
      changeByHand({ ...figure.initial, width: state.width, ...Object.fromEntries(changes) });
      body.scrollIntoView({ block: "nearest" });
    }

    const controls = figure.controls.map((each) => buildControl(each, strings, changeByHand));
    const words = MACHINE[language] ?? MACHINE.en;
    const player = figure.animate && buildPlayer(figure.animate, words, () => state, change);
    const buttons = (figure.buttons ?? []).map(({ key, press }) =>
      buildButton(strings.buttons[key], "nf-step", () => changeByHand(press(state))));
    if (player) buttons.unshift(player.button);
    buttons.push(buildButton(`↺ ${words.reset}`, "nf-reset", reset));
    panel.append(...controls.map(({ label }) => label));
    panel.append(create("div", { class: "nf-buttons" }, ...buttons));
    stage.addEventListener("click", (event) => {
      const picked = event.target.closest("[data-pick]");
      if (picked) changeByHand(JSON.parse(picked.dataset.pick));
    });
    let held; // the name of what is being dragged
    function move(event) {
      const box = stage.firstElementChild.getBoundingClientRect();
      const pixel = state.width / box.width;
      const [x, y] = [(event.clientX - box.left) * pixel, (event.clientY - box.top) * pixel];
      changeByHand(figure.drag(state, held, x, y));
    }
    stage.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest("[data-drag]")?.dataset;
      held = grip?.drag;
      if (held === undefined) return;
      stage.setPointerCapture(event.pointerId); // the drawing is replaced at every move
      event.preventDefault();
      stage.focus({ preventScroll: true }); // where it takes the keys
      if ("press" in grip) move(event);
    });
    stage.addEventListener("pointermove", (event) => {
      if (held !== undefined) move(event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      stage.addEventListener(end, () => (held = undefined));
    }
    if (figure.keys) {
      stage.tabIndex = 0;
      stage.role = "group";
      stage.ariaLabel = strings.keys;
      stage.addEventListener("keydown", (event) => {
        const changes = figure.keys(state, event.key);
        if (!changes) return;
        event.preventDefault();
        changeByHand(changes);
      });
    }
    body.classList.toggle("nf-beside", Boolean(figure.beside));
    const below = [panel, readout];
    const side = () => create("div", { class: "nf-side" }, ...below);
    body.append(stage, ...(figure.beside ? [side()] : below), spoken);
    draw();
    recall(location.hash);
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a.nf-set");
      if (link?.hash.startsWith(`#${name}:`)) {
        event.preventDefault();
        recall(link.hash);
      }
    });
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (player && "play" in body.dataset && !calm) player.start();
    new ResizeObserver(() => {
      const width = Math.floor(stage.clientWidth);
      if (width === 0 || width === state.width) return; // hidden, or nothing new
      state = figure.reduce(state, { width });
      draw();
    }).observe(stage);
  }

  globalThis.NFInteractive = {
    erf, solveIncreasing, scale,
    escape, tag, path, line, text, svgMath, htmlMath, number,
    figures, register, prerender, mount,
  };
  if (typeof document === "object") {
    document.addEventListener("DOMContentLoaded", () => {
      document.querySelectorAll("[data-interactive]").forEach(mount);
    });
  }
})();
