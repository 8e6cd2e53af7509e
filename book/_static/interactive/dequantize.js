/**
 * One pixel of the digits and one model of it: a mixture of 17 normal laws, one a level, with the
 * frequencies of the levels as weights and one deviation σ for all, in levels. Level v lies at
 * v + ½, the middle of its cell [v, v + 1). Three scores of the same model, in bits:
 * on the integers, on integers plus uniform noise, and of the masses of the cells.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const LEVELS = 17;

  /** How often each level occurs in the 1257 training digits; `index` is 8·row + column. */
  const PIXELS = {
    centre: {
      index: 36,
      counts: [191, 29, 15, 23, 28, 21, 27, 30, 57, 46, 51, 49, 60, 77, 70, 112, 371],
    },
    stroke: {
      index: 44,
      counts: [304, 71, 53, 42, 55, 35, 36, 48, 51, 36, 37, 39, 40, 59, 58, 67, 226],
    },
    corner: {
      index: 0,
      counts: [1257, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    },
  };
  const LOW = -2; // limits of log10 σ
  const HIGH = 1;

  function masses(name) {
    const { counts } = PIXELS[name];
    const total = counts.reduce((a, b) => a + b);
    return counts.map((n) => n / total);
  }

  /** H = −Σ P(v) log2 P(v), in bits. */
  function entropy(name) {
    const bits = masses(name).filter((p) => p > 0).reduce((sum, p) => sum - p * Math.log2(p), 0);
    return bits || 0; // not −0
  }

  /** log p_σ(y), the largest term taken out of the sum so that no exponential is lost. */
  function logDensity(name, sigma, y) {
    const terms = masses(name).flatMap((p, v) =>
      p > 0 ? [Math.log(p) - 0.5 * ((y - v - 0.5) / sigma) ** 2] : []);
    const top = Math.max(...terms);
    const sum = terms.reduce((total, term) => total + Math.exp(term - top), 0);
    return top + Math.log(sum) - Math.log(sigma * Math.sqrt(2 * Math.PI));
  }

  /** Φ(b) − Φ(a), from the side where both are small, so that nothing cancels. */
  function normalMass(a, b) {
    if (a > 0) return normalMass(-b, -a);
    return 0.5 * (NF.erf(b / Math.SQRT2) - NF.erf(a / Math.SQRT2));
  }

  /** The mass that the model gives to the cell [v, v + 1). */
  function cellMass(name, sigma, v) {
    return masses(name).reduce((sum, p, k) =>
      sum + p * normalMass((v - k - 0.5) / sigma, (v - k + 0.5) / sigma), 0);
  }

  // Gauss and Legendre's rule of eight nodes on [−1, 1], by symmetry.
  const NODES = [0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363];
  const WEIGHTS = [0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763];
  const PANELS = 16;

  /** ∫ f over [low, low + 1]. */
  function integrate(f, low) {
    const half = 0.5 / PANELS;
    let sum = 0;
    for (let k = 0; k < PANELS; k++) {
      const middle = low + (2 * k + 1) * half;
      NODES.forEach((node, i) => {
        sum += WEIGHTS[i] * half * (f(middle - half * node) + f(middle + half * node));
      });
    }
    return sum;
  }

  /** The three scores of a model, in bits: the lower, the better. */
  function scores(name, sigma) {
    let [integers, noise, cells] = [0, 0, 0];
    masses(name).forEach((p, v) => {
      if (p === 0) return;
      integers -= p * logDensity(name, sigma, v + 0.5) / Math.LN2;
      noise -= p * integrate((y) => logDensity(name, sigma, y), v) / Math.LN2;
      cells -= p * Math.log2(cellMass(name, sigma, v));
    });
    return { integers, noise, cells };
  }

  const CURVE = Array.from({ length: 61 }, (_, k) => LOW + ((HIGH - LOW) * k) / 60);
  const curves = {};

  /** The scores along the whole range of σ; computed once for each pixel. */
  function curve(name) {
    curves[name] ??= CURVE.map((power) => ({ power, ...scores(name, 10 ** power) }));
    return curves[name];
  }

  // ---------------------------------------------------------------- state and words

  const initial = { power: -0.5, pixel: "centre", width: 460 };

  const controls = [
    { key: "power", kind: "range", min: LOW, max: HIGH, step: 0.05, digits: 2 },
    { key: "pixel", kind: "select", options: Object.keys(PIXELS) },
  ];

  /** The next state, inside the limits of the controls. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    next.power = Math.min(Math.max(next.power, LOW), HIGH);
    if (!(next.pixel in PIXELS)) next.pixel = state.pixel;
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: { power: `Logaritmo decimal de ${NF.htmlMath("σ")}`, pixel: "Píxel" },
      options: {
        pixel: { centre: "del centro", stroke: "debajo del centro", corner: "una esquina, constante" },
      },
      label: (pixel, sigma) => `Arriba: histograma del píxel (${pixel}) y densidad de la mezcla`
        + ` de desvío ${sigma}. Abajo: los tres puntajes en bits contra el logaritmo de sigma.`,
      level: "nivel de gris", bits: "bits", peak: "altura máxima", entropy: "entropía",
      integers: "con enteros", noise: "con ruido", cells: "masas",
      rows: {
        integers: "con enteros", noise: "con ruido", cells: "masas de las celdas", entropy: "entropía",
      },
      caption: (sigma) => `Puntajes del modelo con desvío ${sigma}`,
      note: "Las masas y el ruido no bajan de la entropía; con enteros no hay piso.",
      summary: (sigma, integers, noise, cells, entropy) => `Desvío ${sigma}: ${integers} bits con`
        + ` enteros, ${noise} con ruido, ${cells} según las masas; la entropía es ${entropy}.`,
    },
    en: {
      controls: { power: `Decimal logarithm of ${NF.htmlMath("σ")}`, pixel: "Pixel" },
      options: {
        pixel: { centre: "at the centre", stroke: "below the centre", corner: "a corner, constant" },
      },
      label: (pixel, sigma) => `Above: histogram of the pixel (${pixel}) and density of the mixture`
        + ` of deviation ${sigma}. Below: the three scores in bits against the logarithm of sigma.`,
      level: "grey level", bits: "bits", peak: "highest value", entropy: "entropy",
      integers: "on integers", noise: "with noise", cells: "masses",
      rows: {
        integers: "on integers", noise: "with noise", cells: "masses of the cells", entropy: "entropy",
      },
      caption: (sigma) => `Scores of the model of deviation ${sigma}`,
      note: "The masses and the noise do not go below the entropy; on integers there is no floor.",
      summary: (sigma, integers, noise, cells, entropy) => `Deviation ${sigma}: ${integers} bits on`
        + ` integers, ${noise} with noise, ${cells} by the masses; the entropy is ${entropy}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const BITS = [-4, 8]; // the range of the lower panel

  const { line, text } = NF;

  /** A curve cut to the panel: pieces of consecutive points that lie in it. */
  function pieces(points, inside) {
    const all = [[]];
    for (const point of points) {
      if (inside(point)) all[all.length - 1].push(point);
      else if (all[all.length - 1].length) all.push([]);
    }
    return all.filter((piece) => piece.length > 1);
  }

  /** Bars of the histogram, the density over them, and how high it really is. */
  function above(at, state, words) {
    const sigma = 10 ** state.power;
    const P = masses(state.pixel);
    const top = 1.6 * Math.max(...P);
    const x = NF.scale(-0.5, LEVELS + 0.5, at.left, at.right);
    const y = NF.scale(0, top, at.bottom, at.top);
    const bars = P.map((p, v) => NF.tag("rect", {
      class: "nf-bar nf-base", x: x(v), width: x(v + 1) - x(v), y: y(p), height: at.bottom - y(p),
    }));
    const places = [];
    for (let k = 0; k <= 360; k++) places.push(-0.5 + (LEVELS + 1) * (k / 360));
    for (let v = 0; v < LEVELS; v++) {
      for (const step of [-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3]) places.push(v + 0.5 + step * sigma);
    }
    places.sort((a, b) => a - b);
    const density = (v) => Math.exp(logDensity(state.pixel, sigma, v));
    const points = places.filter((v) => v >= -0.5 && v <= LEVELS + 0.5)
      .map((v) => [x(v), y(Math.min(density(v), top))]);
    const peak = Math.max(...P.map((_, v) => density(v + 0.5)));
    const ticks = [0, 4, 8, 12, 16].map((v) =>
      text(x(v + 0.5), at.bottom + 16, "middle", v, "nf-tick"));
    return [
      ...bars, line("nf-line nf-model", points),
      line("nf-axis", [[at.left, at.bottom], [at.right, at.bottom]]), ...ticks,
      text((at.left + at.right) / 2, at.bottom + 33, "middle", words.level, "nf-tick"),
      text((at.left + at.right) / 2, at.top - 8, "middle",
        `${words.peak}: ${peak < 100 ? peak.toFixed(2) : peak.toExponential(1)}`,
        "nf-tick nf-model-text"),
    ];
  }

  /** The three scores against log10 σ, and where the model is. */
  function below(at, state, words) {
    const x = NF.scale(LOW, HIGH, at.left, at.right);
    const y = NF.scale(...BITS, at.bottom, at.top);
    const kinds = { integers: "nf-ghost", noise: "nf-line nf-model", cells: "nf-line nf-base" };
    const inside = ([, py]) => py >= at.top && py <= at.bottom;
    const drawn = Object.entries(kinds).flatMap(([key, kind]) => {
      const points = curve(state.pixel).map((each) => [x(each.power), y(each[key])]);
      return pieces(points, inside).map((piece) => line(kind, piece));
    });
    const now = scores(state.pixel, 10 ** state.power);
    const dots = Object.keys(kinds).map((key) => [x(state.power), y(now[key])]).filter(inside)
      .map(([cx, cy]) => NF.tag("circle", { class: "nf-dot", cx, cy, r: 3.5 }));
    const H = y(entropy(state.pixel));
    const marks = [-4, 0, 4, 8].map((value) => [
      line("nf-grid", [[at.left, y(value)], [at.right, y(value)]]),
      text(at.left - 6, y(value) + 4, "end", value, "nf-tick"),
    ]).flat();
    const ticks = [-2, -1, 0, 1].map((power) =>
      text(x(power), at.bottom + 16, "middle", power, "nf-tick"));
    const third = (at.right - at.left) / 3;
    const names = [
      text(at.left, at.top - 9, "start", words.integers, "nf-tick"),
      text(at.left + 1.5 * third, at.top - 9, "middle", words.noise, "nf-tick nf-model-text"),
      text(at.right, at.top - 9, "end", words.cells, "nf-tick nf-base-text"),
    ];
    return [
      ...marks, line("nf-axis", [[at.left, at.bottom], [at.right, at.bottom]]), ...ticks,
      line("nf-guide", [[at.left, H], [at.right, H]]),
      line("nf-guide", [[x(state.power), at.top], [x(state.power), at.bottom]]),
      ...drawn, ...dots, ...names,
      text(at.right - 4, H + 16, "end", words.entropy, "nf-tick"),
      text((at.left + at.right) / 2, at.bottom + 34, "middle", "log₁₀ σ", "nf-name"),
    ];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const [left, right] = [30, state.width - 10];
    const [first, second] = [150, 170]; // heights of the panels
    const top = { left, right, top: 26, bottom: 26 + first };
    const start = top.bottom + 68;
    const bottom = { left, right, top: start, bottom: start + second };
    const sigma = (10 ** state.power).toPrecision(2);
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${state.width} ${bottom.bottom + 44}`,
      "aria-label": words.label(words.options.pixel[state.pixel], sigma),
    }, ...above(top, state, words), ...below(bottom, state, words));
  }

  /** The three scores and the entropy. */
  function readout(state, words) {
    const sigma = 10 ** state.power;
    const shown = { ...scores(state.pixel, sigma), entropy: entropy(state.pixel) };
    const kinds = { integers: "", noise: "nf-model", cells: "nf-base", entropy: "" };
    const rows = Object.entries(kinds).map(([key, kind]) =>
      `<tr class="${kind}"><th scope="row">${words.rows[key]}</th>
      <td>${NF.number(key, shown[key])}</td></tr>`);
    return `<table class="nf-table">
      <caption>${words.caption(`${NF.htmlMath("σ =")} ${NF.number("sigma", sigma)}`)}</caption>
      <thead><tr><td></td><th scope="col">${words.bits}</th></tr></thead>
      <tbody>${rows.join("")}</tbody></table><p class="nf-note">${words.note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { integers, noise, cells } = scores(state.pixel, 10 ** state.power);
    const numbers = [integers, noise, cells, entropy(state.pixel)].map((bits) => bits.toFixed(2));
    return words.summary((10 ** state.power).toPrecision(2), ...numbers);
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "power", from: LOW, to: HIGH, seconds: 8 },
    model: { masses, entropy, logDensity, cellMass, scores, index: (name) => PIXELS[name].index },
  };
  NF.register("dequantize", figure);
})(globalThis.NFInteractive);
