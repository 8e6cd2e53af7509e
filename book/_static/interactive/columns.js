/**
 * The columns of a 2 × 2 matrix A: the unit square goes to the parallelogram with sides a₁ and a₂.
 * Its area is |det A|, the density of X = AZ on it is 1/|det A| for Z uniform on the square, and the
 * sign of det A tells whether the turn from a₁ to a₂ is anticlockwise.
 */
(function (NF) {
  "use strict";

  // ---------------------------------------------------------------- the mathematics

  const REACH = 1.5; // entries go from -REACH to REACH
  const STEP = 0.05;
  const FLAT = 1e-9; // below this area the parallelogram is a segment

  /** det A for the columns (a11, a21) and (a12, a22). */
  function determinant({ a11, a12, a21, a22 }) {
    return a11 * a22 - a12 * a21;
  }

  /** A z. */
  function apply({ a11, a12, a21, a22 }, [z1, z2]) {
    return [a11 * z1 + a12 * z2, a21 * z1 + a22 * z2];
  }

  /** Area, sign, density on the parallelogram (null if there is none), singular values. */
  function measure(state) {
    const det = determinant(state);
    const area = Math.abs(det);
    const singular = area < FLAT;
    const { a11, a12, a21, a22 } = state;
    const sum = Math.hypot(a11 + a22, a21 - a12); // σ1 + σ2 where det ≥ 0
    const difference = Math.hypot(a11 - a22, a21 + a12);
    const sigma = [(sum + difference) / 2, Math.abs(sum - difference) / 2];
    return {
      det: singular ? 0 : det, area: singular ? 0 : area,
      sign: singular ? 0 : Math.sign(det), density: singular ? null : 1 / area, sigma,
    };
  }

  // ---------------------------------------------------------------- state and words

  const KEYS = ["a11", "a21", "a12", "a22"]; // column by column
  const PRESETS = {
    example: [1.5, 0.5, -0.5, 1],
    exchanged: [-0.5, 1, 1.5, 0.5],
    transposed: [1.5, -0.5, 0.5, 1],
    shear: [1, 0, 0.75, 1],
    rotation: [0.6, 0.8, -0.8, 0.6],
    singular: [1.5, 0.5, -0.75, -0.25],
  };

  const initial = { a11: 1.5, a21: 0.5, a12: -0.5, a22: 1, preset: "example", width: 460 };

  const range = (key) => ({ key, kind: "range", min: -REACH, max: REACH, step: STEP, digits: 2 });
  const controls = [
    ...KEYS.map(range),
    { key: "preset", kind: "select", options: [...Object.keys(PRESETS), "free"] },
  ];

  function snap(value) {
    const inside = Math.min(Math.max(value, -REACH), REACH);
    return Math.round(inside / STEP) / Math.round(1 / STEP);
  }

  /** The next state: a preset sets all entries, an entry moved by hand leaves the preset. */
  function reduce(state, change) {
    const next = { ...state, ...change };
    if (KEYS.some((key) => key in change)) next.preset = "free";
    else if (change.preset in PRESETS) KEYS.forEach((key, k) => (next[key] = PRESETS[next.preset][k]));
    for (const key of KEYS) next[key] = snap(next[key]); // where sliders can be
    next.width = Math.min(Math.max(next.width, 280), 720);
    return next;
  }

  /** The change when the handle of a column is dragged to a place of the drawing. */
  function drag(state, handle, x, y) {
    const at = layout(state);
    const place = [(x - at.x(0)) / at.unit, (at.y(0) - y) / at.unit];
    return handle === "1" ? { a11: place[0], a21: place[1] } : { a12: place[0], a22: place[1] };
  }

  const M = NF.htmlMath;
  const column = (x, y) => `(${x.toFixed(2)}, ${y.toFixed(2)})`.replaceAll("-", "−");

  const strings = {
    es: {
      controls: {
        a11: `${M("a_1")}, a lo ancho (${M("a_11")})`, a21: `${M("a_1")}, a lo alto (${M("a_21")})`,
        a12: `${M("a_2")}, a lo ancho (${M("a_12")})`, a22: `${M("a_2")}, a lo alto (${M("a_22")})`,
        preset: "Matriz",
      },
      options: { preset: {
        example: "la del texto", exchanged: "con las columnas intercambiadas", transposed: "la traspuesta",
        shear: "una cizalla", rotation: "un giro", singular: "una matriz singular", free: "elegida a mano",
      } },
      label: (a1, a2, det) => `El cuadrado unidad y su imagen, el paralelogramo de columnas ${a1} y ${a2},`
        + ` con determinante ${det}. El arco va de la primera columna a la segunda.`,
      of: (a1, a2) => `Columnas ${a1} y ${a2}`,
      area: "área", density: "densidad", mass: "masa = área × densidad",
      square: "cuadrado", image: "imagen", none: "no tiene",
      turn: { "-1": "sentido horario", 0: "columnas paralelas", 1: "sentido antihorario" },
      note: (det, turn, s1, s2) => `${det}: ${turn}. Valores singulares: ${s1} y ${s2}.`,
      summary: (a1, a2, det, turn, density) => `Columnas ${a1} y ${a2}: determinante ${det}, ${turn};`
        + ` densidad ${density}.`,
    },
    en: {
      controls: {
        a11: `${M("a_1")}, across (${M("a_11")})`, a21: `${M("a_1")}, up (${M("a_21")})`,
        a12: `${M("a_2")}, across (${M("a_12")})`, a22: `${M("a_2")}, up (${M("a_22")})`,
        preset: "Matrix",
      },
      options: { preset: {
        example: "that of the text", exchanged: "with its columns exchanged", transposed: "its transpose",
        shear: "a shear", rotation: "a rotation", singular: "a singular matrix", free: "chosen by hand",
      } },
      label: (a1, a2, det) => `The unit square and its image, the parallelogram with columns ${a1} and ${a2},`
        + ` of determinant ${det}. The arc goes from the first column to the second.`,
      of: (a1, a2) => `Columns ${a1} and ${a2}`,
      area: "area", density: "density", mass: "mass = area × density",
      square: "square", image: "image", none: "none",
      turn: { "-1": "clockwise", 0: "parallel columns", 1: "anticlockwise" },
      note: (det, turn, s1, s2) => `${det}: ${turn}. Singular values: ${s1} and ${s2}.`,
      summary: (a1, a2, det, turn, density) => `Columns ${a1} and ${a2}: determinant ${det}, ${turn};`
        + ` density ${density}.`,
    },
  };

  // ---------------------------------------------------------------- the drawing

  const ROOM = 2.15; // both coordinates go from -ROOM to ROOM, or as far as the image does
  const PIECES = 4; // the square is cut in PIECES × PIECES

  function layout(state) {
    const { width } = state;
    const corners = [[1, 0], [0, 1], [1, 1]].flatMap((z) => apply(state, z));
    const reach = Math.max(ROOM, ...corners.map((value) => Math.abs(value) + 0.15));
    const [left, bottom, top] = [26, 24, 8];
    const side = Math.min(width - left - 10, 430);
    const x0 = left + (width - left - 10 - side) / 2;
    const unit = side / (2 * reach);
    return {
      left: x0, right: x0 + side, top, bottom: top + side, unit, width, height: top + side + bottom, reach,
      x: (value) => x0 + (value + reach) * unit,
      y: (value) => top + (reach - value) * unit,
    };
  }

  const { line, text } = NF;

  /** Ticks along two sides, and the axes through the origin. */
  function frame(at) {
    const marks = [
      line("nf-grid", [[at.x(0), at.top], [at.x(0), at.bottom]]),
      line("nf-grid", [[at.left, at.y(0)], [at.right, at.y(0)]]),
      line("nf-axis", [[at.left, at.top], [at.left, at.bottom], [at.right, at.bottom]]),
    ];
    for (let value = Math.ceil(-at.reach); value <= at.reach; value++) {
      marks.push(line("nf-axis", [[at.x(value), at.bottom], [at.x(value), at.bottom + 4]]));
      marks.push(text(at.x(value), at.bottom + 17, "middle", value));
      marks.push(line("nf-axis", [[at.left - 4, at.y(value)], [at.left, at.y(value)]]));
      marks.push(text(at.left - 7, at.y(value) + 4, "end", value));
    }
    return marks;
  }

  /** The image of the unit square by a map, cut in pieces; more ink where there is more density. */
  function image(at, state, kind, opacity) {
    const go = (z) => {
      const [x1, x2] = apply(state, z);
      return [at.x(x1), at.y(x2)];
    };
    const shape = NF.path([[0, 0], [1, 0], [1, 1], [0, 1]].map(go), true);
    const cuts = Array.from({ length: PIECES - 1 }, (_, k) => (k + 1) / PIECES);
    return [
      NF.tag("path", { class: `nf-image nf-${kind}`, d: shape, "fill-opacity": opacity }),
      ...cuts.flatMap((c) => [
        line("nf-guide", [go([c, 0]), go([c, 1])]), line("nf-guide", [go([0, c]), go([1, c])]),
      ]),
      NF.tag("path", { class: `nf-line nf-${kind}`, d: shape, fill: "none" }),
    ];
  }

  /** The two sides of an arrowhead at a point of the screen, for a direction of the screen. */
  function head([x, y], [dx, dy], size) {
    const length = Math.hypot(dx, dy) || 1;
    const [ux, uy] = [(dx / length) * size, (dy / length) * size];
    return [[x - ux - uy / 2, y - uy + ux / 2], [x, y], [x - ux + uy / 2, y - uy - ux / 2]];
  }

  /** A column as an arrow with its name and a handle. */
  function arrow(at, [a, b], name, fallback) {
    const tip = [at.x(a), at.y(b)];
    const [dx, dy] = a === 0 && b === 0 ? fallback : [a, -b];
    const away = 25 / Math.hypot(dx, dy); // past the handle
    return [
      line("nf-curve", [[at.x(0), at.y(0)], tip]),
      line("nf-curve", head(tip, [dx, dy], 9)),
      text(tip[0] + dx * away, tip[1] + dy * away + 5, "middle", NF.svgMath(`a_${name}`), "nf-name"),
      NF.tag("circle", { class: "nf-handle", cx: tip[0], cy: tip[1], r: 13, "data-drag": name }),
    ];
  }

  /** The turn from a₁ to a₂, with its sign; nothing where there is no turn. */
  function turn(at, state) {
    const { sign } = measure(state);
    if (sign === 0) return [];
    const start = Math.atan2(state.a21, state.a11);
    let sweep = Math.atan2(state.a22, state.a12) - start;
    if (sweep > Math.PI) sweep -= 2 * Math.PI;
    if (sweep < -Math.PI) sweep += 2 * Math.PI;
    const go = (share, radius) => {
      const angle = start + share * sweep;
      return [at.x(radius * Math.cos(angle)), at.y(radius * Math.sin(angle))];
    };
    const points = Array.from({ length: 25 }, (_, k) => go(k / 24, 0.38));
    const [before, end] = points.slice(-2);
    const [x, y] = go(0.5, 0.68);
    return [
      line("nf-line nf-base", points),
      line("nf-line nf-base", head(end, [end[0] - before[0], end[1] - before[1]], 7)),
      text(x, y + 5, "middle", sign > 0 ? "+" : "−", "nf-name nf-base-text"),
    ];
  }

  const columnsOf = (state) => [column(state.a11, state.a21), column(state.a12, state.a22)];

  /** The figure as SVG text. */
  function render(state, words) {
    const at = layout(state);
    const { det, density } = measure(state);
    const content = [
      ...frame(at),
      ...image(at, { a11: 1, a12: 0, a21: 0, a22: 1 }, "base", 0.2),
      ...image(at, state, "model", Math.min(0.85, 0.35 * (density ?? 9))),
      ...turn(at, state),
      ...arrow(at, [state.a11, state.a21], "1", [1, 0]),
      ...arrow(at, [state.a12, state.a22], "2", [0, -1]),
    ];
    return NF.tag("svg", {
      xmlns: "http://www.w3.org/2000/svg", class: "nf-svg", role: "img",
      viewBox: `0 0 ${at.width} ${at.height}`,
      "aria-label": words.label(...columnsOf(state), det.toFixed(4)),
    }, ...content);
  }

  /** Areas and densities of the square and of its image. */
  function readout(state, words) {
    const { det, area, sign, density, sigma } = measure(state);
    const N = NF.number;
    const [height, mass] = density === null
      ? [words.none, "—"] : [N("density", density), N("mass", area * density, 2)];
    const note = words.note(
      `${M("det A =")} ${N("det", det)}`, words.turn[sign], N("sigma1", sigma[0], 3), N("sigma2", sigma[1], 3),
    );
    return `<table class="nf-table">
      <caption>${words.of(...columnsOf(state))}</caption>
      <thead><tr><td></td><th scope="col">${words.area}</th><th scope="col">${words.density}</th>
        <th scope="col">${words.mass}</th></tr></thead>
      <tbody><tr class="nf-base"><th scope="row">${words.square}</th>
        <td>1</td><td>1</td><td>1</td></tr>
      <tr class="nf-model"><th scope="row">${words.image}</th>
        <td>${N("area", area)}</td><td>${height}</td><td>${mass}</td></tr></tbody></table>
      <p class="nf-note">${note}</p>`;
  }

  /** The same in one sentence. */
  function summary(state, words) {
    const { det, sign, density } = measure(state);
    const shown = density === null ? words.none : density.toFixed(4);
    return words.summary(...columnsOf(state), det.toFixed(4), words.turn[sign], shown);
  }

  const figure = {
    initial, strings, controls, reduce, render, readout, summary, drag,
    model: { determinant, apply, measure },
  };
  NF.register("columns", figure);
})(globalThis.NFInteractive);
