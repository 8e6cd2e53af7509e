/**
 * A density squeezed and stretched: Z on [0, 2], X = f_t(Z), f_t(z) = (1 − t) z + t eᶻ.
 * At t = 0 nothing moves, at t = 1 it is X = e^Z. The bins of z go to bins of x with the
 * same mass, so a wider bin is a lower one.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const LOW = 0; // the support of Z
  const HIGH = 2;
  const MEAN = 1; // the bell: a normal law cut to [0, 2]
  const DEVIATION = 0.5;

  /** Pr(N(MEAN, DEVIATION²) ≤ z). */
  function normalCdf(z) {
    return 0.5 * (1 + NF.erf((z - MEAN) / (DEVIATION * Math.SQRT2)));
  }
  const KEPT = normalCdf(HIGH) - normalCdf(LOW); // what the cut leaves of the normal law

  const BASES = {
    uniform: {
      density: () => 1 / (HIGH - LOW),
      cdf: (z) => (z - LOW) / (HIGH - LOW),
    },
    normal: {
      density: (z) => Math.exp(-0.5 * ((z - MEAN) / DEVIATION) ** 2)
        / (DEVIATION * Math.sqrt(2 * Math.PI) * KEPT),
      cdf: (z) => (normalCdf(z) - normalCdf(LOW)) / KEPT,
    },
  };

  /** f_t(z). */
  function forward(t, z) {
    return (1 - t) * z + t * Math.exp(z);
  }

  /** f_t'(z), at least 1 on [0, 2]. */
  function slope(t, z) {
    return 1 - t + t * Math.exp(z);
  }

  /** The z of [0, 2] with f_t(z) = x, or NaN where there is none. */
  function inverse(t, x) {
    if (!(x >= forward(t, LOW) && x <= forward(t, HIGH))) return NaN;
    return NF.solveIncreasing((z) => forward(t, z), (z) => slope(t, z), x, LOW, HIGH);
  }

  /** p_Z(z). */
  function baseDensity(z, base = "uniform") {
    return z >= LOW && z <= HIGH ? BASES[base].density(z) : 0;
  }

  /** p_X(x) = p_Z(z) / f_t'(z) with z = f_t⁻¹(x). */
  function density(t, x, base = "uniform") {
    const z = inverse(t, x);
    return Number.isNaN(z) ? 0 : BASES[base].density(z) / slope(t, z);
  }

  /** n bins of equal width in z, and their images: limits, widths, mass, mean densities. */
  function bins(t, n, base = "uniform") {
    const { cdf } = BASES[base];
    return Array.from({ length: n }, (_, k) => {
      const [z0, z1] = [k, k + 1].map((edge) => LOW + ((HIGH - LOW) * edge) / n);
      const [x0, x1] = [forward(t, z0), forward(t, z1)];
      const mass = cdf(z1) - cdf(z0);
      const [dz, dx] = [z1 - z0, x1 - x0];
      return { z0, z1, x0, x1, dz, dx, mass, meanPz: mass / dz, meanPx: mass / dx };
    });
  }

  /** The numbers of the highlighted bin, with the rule p_X = p_Z / f' at its middle. */
  function highlighted(state) {
    const bin = bins(state.t, state.bins, state.base)[state.bin - 1];
    const z = (bin.z0 + bin.z1) / 2;
    const pz = baseDensity(z, state.base);
    const fprime = slope(state.t, z);
    return { ...bin, z, fprime, pz, px: pz / fprime, stretch: bin.dx / bin.dz };
  }

  // ---------------------------------------------------------------- state and words

  const initial = { t: 0.5, bins: 8, bin: 6, base: "uniform", width: 460 };

  const controls = [
    { key: "t", kind: "range", min: 0, max: 1, step: 0.01, digits: 2 },
    { key: "bin", kind: "range", min: 1, max: (state) => state.bins, step: 1 },
    { key: "bins", kind: "select", options: [4, 8, 16] },
    { key: "base", kind: "select", options: ["uniform", "normal"] },
  ];

  /** The next state; the highlighted bin stays where it was when their number changes. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    if (next.bins !== state.bins && change.bin === undefined) {
      next.bin = Math.floor(((state.bin - 0.5) * next.bins) / state.bins) + 1;
    }
    next.bin = Math.min(Math.max(next.bin, 1), next.bins);
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  const strings = {
    es: {
      controls: {
        t: `Deformación ${NF.htmlMath("t")}`, bin: "Intervalo resaltado",
        bins: "Intervalos", base: "Densidad base",
      },
      options: { base: { uniform: "uniforme en [0, 2]", normal: "gaussiana N(1, ½²) recortada a [0, 2]" } },
      label: (t, n) => "Izquierda: la densidad de X; abajo: la de Z; al centro: la curva x = f(z),"
        + ` con t = ${t} y ${n} intervalos de igual ancho en z.`
        + " Cada intervalo de x tiene la masa de su intervalo de z.",
      width: "ancho", height: "densidad media", mass: "masa = área",
      caption: (k, n) => `Intervalo ${k} de ${n}`,
      note: (stretch, z, fprime, px) => `El ancho se multiplica por ${stretch}.`
        + ` En el punto medio del intervalo, ${z}, la derivada es ${fprime} y la fórmula da ${px}.`,
      summary: (t, k, dz, pz, dx, px, mass) => `t = ${t}, intervalo ${k}:`
        + ` ancho ${dz} por densidad ${pz} en z; ancho ${dx} por densidad ${px} en x;`
        + ` la masa es ${mass} en ambos.`,
    },
    en: {
      controls: {
        t: `Deformation ${NF.htmlMath("t")}`, bin: "Highlighted interval",
        bins: "Intervals", base: "Base density",
      },
      options: { base: { uniform: "uniform on [0, 2]", normal: "normal N(1, ½²) on [0, 2]" } },
      label: (t, n) => "Left: the density of X; below: that of Z; centre: the curve x = f(z),"
        + ` with t = ${t} and ${n} intervals of equal width in z.`
        + " Each interval of x has the mass of its interval of z.",
      width: "width", height: "mean density", mass: "mass = area",
      caption: (k, n) => `Interval ${k} of ${n}`,
      note: (stretch, z, fprime, px) => `The width is multiplied by ${stretch}.`
        + ` At the interval's midpoint, ${z}, the derivative is ${fprime} and the formula gives ${px}.`,
      summary: (t, k, dz, pz, dx, px, mass) => `t = ${t}, interval ${k}:`
        + ` width ${dz} times density ${pz} in z; width ${dx} times density ${px} in x;`
        + ` the mass is ${mass} in both.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const X_TOP = 7.6; // a little above f_1(2) = e² = 7.39
  const DENSITY_TOP = { uniform: 0.56, normal: 0.9 }; // f_t' ≥ 1, so p_X is never above max p_Z
  const DENSITY_TICKS = { uniform: [0.2, 0.4], normal: [0.3, 0.6] }; // of p_X
  const STEPS = 48; // segments of a curve

  /**
   * Where everything goes. The two densities are drawn at scales such that the same mass
   * covers the same area of the screen in both panels.
   */
  function layout(width, base) {
    const [left, right, top, gap] = [26, 10, 30, 12];
    const side = Math.round(0.33 * (width - left - right - gap)); // the panel of p_X
    const x0 = left + side + gap; // the left edge of the curve's panel
    const x1 = width - right;
    const height = Math.round(Math.min(Math.max(0.6 * width, 270), 400));
    const pixelsPerZ = (x1 - x0) / (HIGH - LOW);
    const pixelsPerX = height / X_TOP;
    const perPx = side / DENSITY_TOP[base];
    const perPz = (perPx * pixelsPerX) / pixelsPerZ;
    const bottom = top + height; // of the curve's panel
    const floor = bottom + gap + Math.round(DENSITY_TOP[base] * perPz); // where p_Z is zero
    return {
      left, side, x0, x1, top, bottom, floor, width, height: floor + 36,
      z: NF.scale(LOW, HIGH, x0, x1),
      x: NF.scale(0, X_TOP, bottom, top),
      pz: (value) => floor - value * perPz,
      px: (value) => left + value * perPx,
    };
  }

  const { line, text } = NF;

  function area(kind, points) {
    return NF.tag("path", { class: kind, d: NF.path(points, true) });
  }

  /** Points (z, f_t(z)) of the curve between two values of z. */
  function curve(at, t, from = LOW, to = HIGH, steps = STEPS) {
    return Array.from({ length: steps + 1 }, (_, k) => {
      const z = from + ((to - from) * k) / steps;
      return [at.z(z), at.x(forward(t, z))];
    });
  }

  /** Axes, ticks and names. */
  function frame(at, state) {
    const marks = [];
    const every = at.width < 520 ? 1 : 0.5;
    for (let z = LOW; z <= HIGH; z += every) {
      marks.push(line("nf-grid", [[at.z(z), at.top], [at.z(z), at.bottom]]));
      marks.push(line("nf-axis", [[at.z(z), at.floor], [at.z(z), at.floor + 4]]));
      marks.push(text(at.z(z), at.floor + 17, "middle", z));
    }
    for (let x = 0; x < X_TOP; x++) {
      marks.push(line("nf-grid", [[at.x0, at.x(x)], [at.x1, at.x(x)]]));
      marks.push(line("nf-axis", [[at.left - 4, at.x(x)], [at.left, at.x(x)]]));
      marks.push(text(at.left - 7, at.x(x) + 4, "end", x));
    }
    for (const value of DENSITY_TICKS[state.base]) {
      marks.push(line("nf-axis", [[at.px(value), at.bottom], [at.px(value), at.bottom + 4]]));
      marks.push(text(at.px(value), at.bottom + 17, "middle", value, "nf-tick nf-model-text"));
    }
    marks.push(line("nf-axis", [[at.x0 - 4, at.pz(0.5)], [at.x0, at.pz(0.5)]]));
    marks.push(text(at.x0 - 7, at.pz(0.5) + 4, "end", 0.5, "nf-tick nf-base-text"));
    const [highest, widest] = [at.pz(DENSITY_TOP[state.base]), at.left + at.side];
    marks.push(line("nf-axis", [[at.left, at.top], [at.left, at.bottom], [widest, at.bottom]]));
    marks.push(line("nf-axis", [[at.x0, highest], [at.x0, at.floor], [at.x1, at.floor]]));
    const names = [
      text(at.left - 7, at.top - 10, "end", NF.svgMath("x"), "nf-name"),
      text(at.x1, at.floor + 32, "end", NF.svgMath("z"), "nf-name"),
      text(at.left + 6, at.top - 10, "start", NF.svgMath("p_X(x)"), "nf-name nf-model-text"),
      text(at.x0 - 8, at.floor - 1, "end", NF.svgMath("p_Z(z)"), "nf-name nf-base-text"),
      text(at.x0 + 4, at.top - 10, "start",
        NF.svgMath(`x = ${(1 - state.t).toFixed(2)} z + ${state.t.toFixed(2)} e^z`), "nf-name"),
    ];
    return marks.concat(names);
  }

  /** The bars of both densities, equal in mass two by two. */
  function bars(at, state, all) {
    return all.flatMap((bin, k) => {
      const on = k + 1 === state.bin ? " nf-on" : "";
      const pick = JSON.stringify({ bin: k + 1 });
      return [
        NF.tag("rect", {
          class: `nf-bar nf-base${on}`, x: at.z(bin.z0), width: at.z(bin.z1) - at.z(bin.z0),
          y: at.pz(bin.meanPz), height: at.floor - at.pz(bin.meanPz), "data-pick": pick,
        }),
        NF.tag("rect", {
          class: `nf-bar nf-model${on}`, x: at.left, width: at.px(bin.meanPx) - at.left,
          y: at.x(bin.x1), height: at.x(bin.x0) - at.x(bin.x1), "data-pick": pick,
        }),
      ];
    });
  }

  /** From the highlighted bin of z up to the curve, and from there to its bin of x. */
  function bands(at, state, all) {
    const bin = all[state.bin - 1];
    const piece = curve(at, state.t, bin.z0, bin.z1, 8);
    const [z0, z1] = [at.z(bin.z0), at.z(bin.z1)];
    const [x0, x1] = [at.x(bin.x0), at.x(bin.x1)];
    const [fromZ, toX] = [at.pz(bin.meanPz), at.px(bin.meanPx)];
    return [
      area("nf-band nf-base", [[z0, fromZ], ...piece, [z1, fromZ]]),
      area("nf-band nf-model", [[toX, x0], ...piece, [toX, x1]]),
    ];
  }

  /** Where each edge of a bin goes. */
  function guides(at, all) {
    const edges = [[LOW, all[0].x0], ...all.map((bin) => [bin.z1, bin.x1])];
    return edges.map(([z, x]) =>
      line("nf-guide", [[at.z(z), at.floor], [at.z(z), at.x(x)], [at.left, at.x(x)]]));
  }

  /** The exact densities, as lines over the bars. */
  function densities(at, state) {
    const grid = Array.from({ length: STEPS + 1 }, (_, k) => LOW + ((HIGH - LOW) * k) / STEPS);
    const below = grid.map((z) => [at.z(z), at.pz(baseDensity(z, state.base))]);
    const beside = grid.map((z) => [
      at.px(baseDensity(z, state.base) / slope(state.t, z)), at.x(forward(state.t, z)),
    ]);
    return [
      line("nf-line nf-base", [[at.z(LOW), at.floor], ...below, [at.z(HIGH), at.floor]]),
      line("nf-line nf-model", [
        [at.left, at.x(forward(state.t, LOW))], ...beside, [at.left, at.x(forward(state.t, HIGH))],
      ]),
    ];
  }

  /** The figure as SVG text. */
  function render(state, words) {
    const at = layout(state.width, state.base);
    const all = bins(state.t, state.bins, state.base);
    const content = [
      ...frame(at, state),
      line("nf-ghost", curve(at, 0)),
      line("nf-ghost", curve(at, 1)),
      ...guides(at, all),
      ...bands(at, state, all),
      ...bars(at, state, all),
      ...densities(at, state),
      line("nf-curve", curve(at, state.t)),
      text(at.x1 - 4, at.x(2) - 6, "end", NF.svgMath("t = 0"), "nf-tick"),
      text(at.z(1.82), at.x(6.9), "end", NF.svgMath("t = 1"), "nf-tick"),
    ];
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${at.width} ${at.height}`,
      "aria-label": words.label(state.t.toFixed(2), state.bins),
    }, ...content);
  }

  /** The table of the highlighted bin. */
  function readout(state, words) {
    const bin = highlighted(state);
    const M = NF.htmlMath;
    const N = NF.number;
    const interval = (a, b) => `[${a.toFixed(2)}, ${b.toFixed(2)}]`;
    const note = words.note(
      `${M("Δx/Δz =")} ${N("stretch", bin.stretch, 3)}`, `${M("z =")} ${N("z", bin.z, 3)}`,
      `${M("f_t′(z) =")} ${N("fprime", bin.fprime, 3)}`,
      `${M("p_Z(z)/f_t′(z) =")} ${N("px", bin.px)}`,
    );
    return `<table class="nf-table">
      <caption>${words.caption(state.bin, state.bins)}, ${M("t =")} ${N("t", state.t, 2)}</caption>
      <thead><tr><td></td><th scope="col">${words.width}</th><th scope="col">${words.height}</th>
        <th scope="col">${words.mass}</th></tr></thead>
      <tbody><tr class="nf-base"><th scope="row">${M("z")} ∈ ${interval(bin.z0, bin.z1)}</th>
        <td>${N("dz", bin.dz)}</td><td>${N("meanPz", bin.meanPz)}</td>
        <td>${N("massZ", bin.dz * bin.meanPz)}</td></tr>
      <tr class="nf-model"><th scope="row">${M("x")} ∈ ${interval(bin.x0, bin.x1)}</th>
        <td>${N("dx", bin.dx)}</td><td>${N("meanPx", bin.meanPx)}</td>
        <td>${N("massX", bin.dx * bin.meanPx)}</td></tr></tbody></table>
      <p class="nf-note">${note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const bin = highlighted(state);
    const numbers = [bin.dz, bin.meanPz, bin.dx, bin.meanPx, bin.mass];
    const shown = numbers.map((value) => value.toFixed(3));
    return words.summary(state.t.toFixed(2), state.bin, ...shown);
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary,
    animate: { key: "t", from: 0, to: 1, seconds: 5 },
    model: { forward, slope, inverse, baseDensity, density, bins, highlighted },
  };
  NF.register("squeeze", figure);
})(globalThis.NFInteractive);
