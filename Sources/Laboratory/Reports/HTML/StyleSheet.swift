/// The page's style: light and dark, wide and narrow, screen and paper.
///
/// Kinds of lane take Okabe and Ito's hues, darkened or lightened until they stand at 4.5 : 1 on their ground; shape, dash
/// and hatching say the same without colour.
enum StyleSheet {
    static let text = colours + ground + header + tables + figures + marks + adaptation

    private static let colours = """
        :root {
          color-scheme: light dark;
          --page: #fafaf7; --surface: #ffffff; --ink: #17202b; --muted: #55606d; --line: #d9dde2; --fine: #eceef1;
          --accent: #0a62ad; --warn: #8a3b00; --warn-ground: #fff4e5; --warn-line: #e8b77a;
          --k-native: #434d5b; --k-container: #0067ab; --k-peer: #8f5a00; --k-guest: #a32a6c; --k-micro: #00745a;
          --slower: #9c2f12; --faster: #00694f; --same: #434d5b; --undecided: #6b5900;
          --a0: #0067ab; --a1: #4a97cf; --a2: #a32a6c; --a3: #cf7aa8; --a4: #b06f00; --a5: #00806a; --a6: #6a7480;
          --a7: #8d6fb8;
          --m-uss: #33506e; --m-pss: #7f9dbb; --m-kernel: #8a6fb0; --m-rest: #c98a2b; --shade: 23 32 43; --cast: 23 32 43;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #12161b; --surface: #191f26; --ink: #e8ecf0; --muted: #a3adb8; --line: #343d47; --fine: #262d35;
            --accent: #7fbdf2; --warn: #ffcb8a; --warn-ground: #2d2113; --warn-line: #7a5526;
            --k-native: #c3cbd5; --k-container: #62b3f0; --k-peer: #e3ab4a; --k-guest: #ee94c2; --k-micro: #4ccfa8;
            --slower: #ffa48a; --faster: #5fd6b0; --same: #c3cbd5; --undecided: #e0cc72;
            --a0: #62b3f0; --a1: #2f7db8; --a2: #ee94c2; --a3: #b45f8d; --a4: #e3ab4a; --a5: #4ccfa8; --a6: #98a3af;
            --a7: #b9a0e0;
            --m-uss: #9dbbda; --m-pss: #55789c; --m-kernel: #b39ad6; --m-rest: #e0a64a; --shade: 0 0 0; --cast: 190 210 230;
          }
        }

        """

    private static let ground = """
        * { box-sizing: border-box; }
        html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--page); color: var(--ink); overflow-wrap: anywhere;
          font: 16px/1.55 Inter, "Helvetica Neue", "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif;
          font-variant-numeric: tabular-nums;
        }
        .page { max-width: 1240px; margin: 0 auto; padding: 0 1.25rem; }
        .skip { position: absolute; left: -999rem; }
        .skip:focus { left: 1rem; top: 1rem; z-index: 3; padding: .6rem 1rem; background: var(--surface); }
        .patterns { position: absolute; }
        a { color: var(--accent); text-underline-offset: .18em; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
        h1, h2, h3 { line-height: 1.2; text-wrap: balance; letter-spacing: -.012em; }
        h2 { font-size: 1.6rem; margin: 0 0 .8rem; }
        h3 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
        p, ul, dl { margin: 0 0 1rem; }
        main > section > p, main > section > ul, .panel > p { max-width: 46rem; }
        ul { padding-left: 1.1rem; }
        li { margin-bottom: .3rem; }
        main > section { padding: 2.6rem 0 0; border-top: 1px solid var(--line); margin-top: 2.8rem; }
        nav { padding: 1rem 0 0; font-size: .875rem; }
        nav .brand { font-weight: 700; margin: 0 0 .3rem; letter-spacing: -.01em; }
        nav ol { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; }
        nav li { margin: 0; }
        nav a { color: var(--muted); text-decoration: none; display: inline-block; padding: .2rem 0; }
        nav a:hover { color: var(--ink); text-decoration: underline; }
        nav a[aria-current] { color: var(--ink); font-weight: 600; }
        footer { max-width: 1240px; margin: 3rem auto 0; padding: 1rem 1.25rem 2.5rem; color: var(--muted); font-size: .875rem; }
        code, pre, .digest .v { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "Liberation Mono", monospace; }
        code { font-size: .9em; }
        pre {
          margin: 0 0 1rem; padding: .9rem 1.1rem; background: var(--surface); border: 1px solid var(--line);
          border-radius: 8px; overflow-x: auto; font-size: .85rem; line-height: 1.5; max-height: 32rem;
        }
        dl { display: grid; gap: .35rem; }
        dl > div { display: grid; grid-template-columns: minmax(7rem, 14rem) 1fr; gap: .2rem 1rem; }
        dt { color: var(--muted); }
        dd { margin: 0; }
        details { border-top: 1px solid var(--line); }
        details + details { margin-top: 0; }
        details:last-of-type { border-bottom: 1px solid var(--line); }
        summary { cursor: pointer; padding: .65rem 0; color: var(--accent); font-size: .94rem; }
        summary:hover { text-decoration: underline; }
        .folded { padding: .3rem 0 1rem; }
        .note { color: var(--muted); font-size: .92rem; }

        """

    private static let header = """
        header { padding: 1.8rem 0 0; }
        .overline { color: var(--muted); font-size: .9rem; margin: 0 0 .8rem; display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
        .overline .run { margin-left: auto; }
        h1 { font-size: clamp(1.6rem, 1.1rem + 1.7vw, 2.2rem); font-weight: 700; margin: 0 0 1.2rem; letter-spacing: -.024em; }
        .warnings { border: 1px solid var(--warn-line); border-left-width: 4px; background: var(--warn-ground); border-radius: 6px;
          padding: .6rem 1rem; margin: 0 0 1.3rem; font-size: .92rem; display: flex; flex-wrap: wrap; gap: .1rem 1.2rem; }
        .warnings p { margin: 0; }
        .warnings details, .warnings details:last-of-type { border: 0; }
        .warnings details[open] { flex-basis: 100%; }
        .warnings summary { padding: 0; color: var(--warn); font-size: inherit; }
        .warnings ul { margin: .4rem 0 .2rem; }
        .warnings b { color: var(--warn); }
        .glance { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; margin-bottom: 2rem;
          box-shadow: 0 1px 2px rgb(var(--shade) / .05), 0 8px 24px rgb(var(--shade) / .05); }
        .glance .scroll { margin: 0; padding: .4rem 1.3rem .6rem; }
        .glance table { width: 100%; }
        .glance caption { padding-top: .7rem; }
        .glance thead th { white-space: normal; vertical-align: bottom; min-width: 8rem; }
        .glance tbody th { font-weight: 600; font-size: 1rem; min-width: 8rem; }
        .glance td, .glance tbody th { padding-top: .55rem; padding-bottom: .6rem; vertical-align: baseline; }
        .glance .big .v { font-size: clamp(1.3rem, 1rem + 1.1vw, 1.9rem); font-weight: 650; letter-spacing: -.02em; color: var(--c); }
        .key { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .9rem 1.4rem; margin: 0 0 1.6rem; }
        .key > div { display: block; border-left: 3px solid var(--line); padding-left: .9rem; }
        .key dt { font-size: .82rem; }
        .key dd { font-weight: 600; line-height: 1.35; }
        .key dd small { display: block; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 23rem), 1fr)); gap: 1.2rem 2.5rem; }
        .facts h2 { font-size: 1rem; margin: 0 0 .4rem; letter-spacing: 0; }
        .facts ul, .facts p { margin: 0; font-size: .95rem; }
        .remedy { display: block; color: var(--muted); font-size: .9rem; }
        .missing { list-style: none; padding: 0; }

        """

    private static let tables = """
        /* A shadow at the side where more of a wide table waits: it moves with the box, its cover with the table. */
        .scroll { overflow-x: auto; margin: 1rem 0 1.4rem; --under: var(--page);
          background:
            linear-gradient(90deg, var(--under) 40%, transparent) left / 2.5rem 100% local no-repeat,
            linear-gradient(270deg, var(--under) 40%, transparent) right / 2.5rem 100% local no-repeat,
            linear-gradient(90deg, rgb(var(--cast) / .18), transparent) left / .9rem 100% scroll no-repeat,
            linear-gradient(270deg, rgb(var(--cast) / .18), transparent) right / .9rem 100% scroll no-repeat; }
        .glance .scroll { --under: var(--surface); border-radius: 11px; }
        table { border-collapse: collapse; font-size: .9rem; line-height: 1.4; min-width: 100%; overflow-wrap: normal; }
        caption { text-align: left; color: var(--muted); font-size: .85rem; padding: 0 0 .5rem; }
        th, td { text-align: left; padding: .5rem 1.1rem .5rem 0; vertical-align: top; border-bottom: 1px solid var(--fine); }
        th:last-child, td:last-child { padding-right: 0; }
        thead th { border-bottom: 1px solid var(--line); color: var(--muted); font-weight: 600; vertical-align: bottom; font-size: .85rem; }
        tbody th { font-weight: 500; }
        tbody tr:last-child th, tbody tr:last-child td { border-bottom: 0; }
        .n { text-align: right; }
        td.n .v { white-space: nowrap; }
        small { display: block; color: var(--muted); font-size: .84em; font-weight: 400; }
        .strong .v { font-weight: 650; }
        .quiet { color: var(--muted); font-weight: 400; }
        .withheld { color: var(--warn); }
        .withheld .v { font-weight: 400; }
        th.lane small { white-space: nowrap; }
        th.lane .v { font-weight: 650; color: var(--c); white-space: nowrap; }
        .verdict .v { font-weight: 600; white-space: nowrap; }
        td.verdict { min-width: 9.5rem; }
        .slower .v { color: var(--slower); }
        .faster .v { color: var(--faster); }
        .same .v { color: var(--same); }
        .undecided .v { color: var(--undecided); }
        .digest .v { font-size: .8em; overflow-wrap: anywhere; }

        """

    private static let figures = """
        figure { margin: 1.4rem 0 1.2rem; }
        details.data, details.data:last-of-type { border: 0; }
        .plot { container-type: inline-size; background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 1.3rem 1.4rem; }
        figcaption { color: var(--muted); font-size: .88rem; margin: .6rem 0 .3rem; max-width: 52rem; }
        svg.chart { display: block; width: 100%; height: auto; margin: 0 auto; overflow: visible; }
        svg.wide { max-width: 1060px; }
        svg.narrow { display: none; max-width: 470px; }
        @container (max-width: 619px) { svg.wide { display: none; } svg.narrow { display: block; } }
        .switcher > input { position: absolute; opacity: 0; pointer-events: none; }
        .tabs { display: flex; flex-wrap: wrap; gap: .4rem; align-items: center; margin: 1.2rem 0 .8rem; font-size: .92rem; }
        .tabs-legend { color: var(--muted); margin-right: .4rem; }
        .tabs label { padding: .3rem .85rem; border: 1px solid var(--line); border-radius: 99px; cursor: pointer; background: var(--surface); }
        .tabs label:hover { border-color: var(--accent); }
        .panel { display: none; }
        .panel-title { display: none; }
        """ + switches + """
            .tip { position: fixed; z-index: 2; max-width: 22rem; padding: .4rem .7rem; border-radius: 6px; pointer-events: none;
              background: var(--ink); color: var(--page); font-size: .85rem; line-height: 1.35; }

            """

    /// A rule a panel: the nth radio shows the nth panel and lights the nth label.
    private static let switches = (1...9).map { place in
        """
        .switcher > input:nth-of-type(\(place)):checked ~ .panel:nth-of-type(\(place + 1)) { display: block; }
        .switcher > input:nth-of-type(\(place)):checked ~ .tabs label:nth-of-type(\(place)) {
          background: var(--ink); color: var(--page); border-color: var(--ink); }
        .switcher > input:nth-of-type(\(place)):focus-visible ~ .tabs label:nth-of-type(\(place)) {
          outline: 3px solid var(--accent); outline-offset: 2px; }

        """
    }.joined()

    private static let marks = """
        .k-native { --c: var(--k-native); }
        .k-container { --c: var(--k-container); }
        .k-peer { --c: var(--k-peer); }
        .k-guest { --c: var(--k-guest); }
        .k-microGuest { --c: var(--k-micro); }
        .ink { --c: var(--ink); }
        .a-0 { --c: var(--a0); } .a-1 { --c: var(--a1); } .a-2 { --c: var(--a2); } .a-3 { --c: var(--a3); }
        .a-4 { --c: var(--a4); } .a-5 { --c: var(--a5); } .a-6 { --c: var(--a6); } .a-7 { --c: var(--a7); }
        .m-uss { --c: var(--m-uss); } .m-pss { --c: var(--m-pss); } .m-kernel { --c: var(--m-kernel); }
        .m-rest { --c: var(--m-rest); }
        .chart .t { font-size: 12px; fill: var(--ink); }
        .chart .lane { font-size: 14px; font-weight: 600; }
        .chart .call, .chart .phase { font-size: 12.5px; }
        .chart .figure { font-size: 14px; font-weight: 650; }
        .chart .muted, .chart .tick, .chart .axis-title, .chart .event-name { fill: var(--muted); }
        .chart .group { font-size: 11.5px; fill: var(--muted); letter-spacing: .05em; font-weight: 600; }
        .chart .tag { fill: var(--k-guest); }
        .chart .note { fill: var(--warn); }
        .chart .halo { paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
        .grid { stroke: var(--line); fill: none; }
        .grid.fine { stroke: var(--fine); }
        .grid.strong { stroke: var(--muted); stroke-dasharray: 2 3; }
        .axis { stroke: var(--muted); fill: none; }
        .stripe { fill: var(--fine); opacity: .55; }
        .points { stroke: var(--c); stroke-width: 3.4; stroke-linecap: round; stroke-opacity: .42; fill: none; }
        .points.disturbed { stroke-width: 1.3; stroke-opacity: .8; }
        .points.reading { stroke-width: 4.6; stroke-opacity: .6; }
        .box { fill: var(--surface); stroke: var(--c); stroke-width: 1.4; }
        .box.hatched { fill: url(#hatch); }
        .hatch-line { fill: var(--k-guest); opacity: .45; }
        .hatch-over { fill: url(#hatch-light); pointer-events: none; }
        .hatch-light-line { fill: var(--surface); opacity: .42; }
        .floor { fill: var(--line); opacity: .6; }
        .whisker { stroke: var(--c); stroke-width: 1.4; fill: none; }
        .interval { fill: var(--c); }
        .median { stroke: var(--c); stroke-width: 2.6; fill: none; }
        .mark { fill: var(--c); stroke: var(--surface); stroke-width: 1; }
        .mark.tinted { fill: color-mix(in srgb, var(--c) 35%, var(--surface)); stroke: var(--c); stroke-width: 1.4; }
        .mark.hollow { fill: var(--surface); stroke: var(--c); stroke-width: 1.8; }
        .curve { stroke: var(--c); stroke-width: 2.1; fill: none; stroke-linejoin: round; }
        .bar { fill: var(--c); }
        .bar.joined { stroke: var(--surface); stroke-width: .6; }
        .event { stroke: var(--muted); stroke-dasharray: 3 3; fill: none; }
        .guest-view { fill: none; stroke: var(--muted); stroke-dasharray: 4 3; stroke-width: 1.4; }
        .dumbbell { stroke: var(--c); stroke-width: 2; stroke-opacity: .5; fill: none; }

        """

    private static let adaptation = """
        @media (min-width: 1120px) {
          .page { display: grid; grid-template-columns: 11.5rem minmax(0, 1fr); gap: 0 3rem; }
          nav { position: sticky; top: 0; align-self: start; padding-top: 1.8rem; max-height: 100vh; overflow-y: auto; }
          nav ol { flex-direction: column; gap: .1rem; }
        }
        @media (max-width: 560px) {
          .page { padding: 0 1rem; }
          .plot { padding: .9rem .5rem; }
          th.lane .v, th.lane small { white-space: normal; }
          tbody th { min-width: 6rem; }
          dl > div { grid-template-columns: 1fr; gap: 0; margin-bottom: .4rem; }
          .overline .run { margin-left: 0; }
          main > section { padding-top: 2rem; }
          .glance .scroll { padding: .2rem 1rem .4rem; }
          .glance table, .glance thead, .glance tbody, .glance caption { display: block; }
          .glance tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem .8rem; border-bottom: 1px solid var(--fine); padding: .6rem 0; }
          .glance thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
          .glance td[data-of]::before { content: attr(data-of); display: block; color: var(--muted); font-size: .82rem; }
          .glance tbody tr:last-child { border-bottom: 0; }
          .glance th, .glance td, .glance tbody th, .glance td.n { border: 0; padding: .1rem 0; text-align: left; min-width: 0; }
          .glance tbody th { grid-column: 1 / -1; }
          .glance tbody th small { display: inline; margin-left: .5em; }
          .glance .big .v { font-size: 1.25rem; }
          nav { padding-top: .8rem; }
          nav ol { flex-wrap: nowrap; overflow-x: auto; gap: 0 1.1rem; white-space: nowrap; padding-bottom: .3rem; }
        }
        @media (prefers-contrast: more) { :root { --muted: var(--ink); --line: var(--ink); } }
        @media print {
          :root {
            color-scheme: light;
            --page: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --fine: #e6e6e6; --accent: #003e75;
            --warn: #6d2f00; --warn-ground: #fff; --k-native: #434d5b; --k-container: #0067ab; --k-peer: #8f5a00;
            --k-guest: #a32a6c; --k-micro: #00745a; --slower: #9c2f12; --faster: #00694f; --same: #434d5b; --undecided: #6b5900;
            --a0: #0067ab; --a1: #4a97cf; --a2: #a32a6c; --a3: #cf7aa8; --a4: #b06f00; --a5: #00806a; --a6: #6a7480; --a7: #8d6fb8;
            --m-uss: #33506e; --m-pss: #7f9dbb; --m-kernel: #8a6fb0; --m-rest: #c98a2b;
          }
          body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          nav, .skip, .tip, .tabs { display: none !important; }
          .page { display: block; padding: 0; max-width: none; }
          .panel-title { display: block; }
          .glance { box-shadow: none; }
          .scroll { overflow: visible; background: none; }
          table { font-size: 8.5pt; }
          pre { max-height: none; white-space: pre-wrap; }
          svg.wide { display: block !important; max-width: 100%; }
          svg.narrow { display: none !important; }
          /* Paper holds what the screen showed; all that is folded would be a hundred pages. */
          details:not([open]) { display: none; }
          .warnings details:not([open]) { display: block; }
          .warnings details::details-content { content-visibility: visible; block-size: auto; }
          footer::after { content: "Printed as on the screen: what was folded is left out."; }
          summary { list-style: none; color: var(--muted); }
          p, li, figcaption, figure .plot, .glance, tr, .facts > div { break-inside: avoid; }
          /* Chromium leaves a heading behind where the chart below it goes to the next page, whatever it is told to avoid. */
          main > section:has(figure) { break-before: page; border: 0; margin-top: 0; padding-top: 0; }
          /* A heading has room above it. */
          svg.chart { max-height: 195mm; }
          footer { margin-top: 1rem; padding: 0; break-before: avoid; }
          /* A heading, what is said below it, and the figure or table that it is of; a figure and its caption. */
          h2, h3, summary, caption, h2 + p, h3 + p, h2 + p + p, h3 + p + p, p:has(+ figure), p:has(+ .scroll), p:has(+ .switcher),
          figure .plot { break-after: avoid; }
          thead { break-after: avoid; }
          tbody tr:first-child { break-before: avoid; }
        }
        @page { margin: 16mm 14mm; }
        """
}
