/// The style of a lesson's page: light and dark, wide and narrow, screen and paper. Every text stands at 4.5 : 1 or more on its
/// ground, and what colour says stands in words beside it.
enum LessonStyle {
    static let text = """
        :root {
          color-scheme: light dark;
          --page: #fafaf7; --surface: #ffffff; --ink: #17202b; --muted: #55606d; --line: #d9dde2; --accent: #0a62ad;
          --mark: #ffe9a8; --mark-ink: #17202b; --good: #00694f; --bad: #9c2f12; --open: #6b5900; --ground: #eef4fa;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #12161b; --surface: #191f26; --ink: #e8ecf0; --muted: #a3adb8; --line: #343d47; --accent: #7fbdf2;
            --mark: #5c4a12; --mark-ink: #fff6dc; --good: #5fd6b0; --bad: #ffa48a; --open: #e0cc72; --ground: #18222d;
          }
        }
        * { box-sizing: border-box; }
        html { scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
        body {
          margin: 0 auto; max-width: 52rem; padding: 0 1.25rem 2rem; background: var(--page); color: var(--ink);
          font: 17px/1.6 Inter, "Helvetica Neue", "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; overflow-wrap: anywhere;
        }
        .skip { position: absolute; left: -999rem; }
        .skip:focus { left: 1rem; top: 1rem; padding: .6rem 1rem; background: var(--surface); }
        a { color: var(--accent); text-underline-offset: .18em; }
        a.term { color: inherit; text-decoration: underline dotted; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
        header { padding: 2.2rem 0 0; }
        .overline, .host, footer { color: var(--muted); font-size: .9rem; }
        h1, h2, h3 { line-height: 1.25; text-wrap: balance; letter-spacing: -.01em; }
        h1 { font-size: clamp(1.7rem, 1.2rem + 2vw, 2.4rem); margin: .2rem 0 .8rem; }
        .aim { font-size: 1.15rem; }
        h2 { font-size: 1.4rem; margin: 0 0 .8rem; }
        h3 { font-size: 1rem; margin: 0 0 .3rem; }
        p { margin: 0 0 1rem; }
        .number { display: inline-block; min-width: 1.9em; text-align: center; border-radius: 1em; background: var(--ground);
          color: var(--accent); margin-right: .2em; }
        nav ol { margin: 0; padding-left: 1.4rem; columns: 2 18rem; font-size: .95rem; }
        section { border-top: 1px solid var(--line); padding-top: 2rem; margin-top: 2.2rem; }
        code, pre, samp { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", "Liberation Mono", monospace; }
        code { font-size: .9em; }
        pre { margin: 0 0 1rem; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--surface);
          font-size: .84rem; line-height: 1.5; overflow-x: auto; white-space: pre; overflow-wrap: normal; }
        pre.command { background: var(--ground); border-color: transparent; border-left: 4px solid var(--accent); }
        pre code { font-size: inherit; }
        mark { background: var(--mark); color: var(--mark-ink); border-radius: 3px; padding: .1em .15em; margin: 0 -.15em; }
        .question { border: 1px solid var(--line); border-radius: 8px; padding: .8rem 1rem .1rem; margin: 0 0 1rem; }
        .question p { margin: 0 0 .4rem; }
        .question ol { margin: 0 0 .6rem; padding-left: 1.5rem; }
        .meaning { font-weight: 500; }
        .outside { border-left: 4px solid var(--line); padding-left: 1rem; margin: 1.2rem 0; }
        .claims { list-style: none; padding: 0; margin: 0 0 1rem; font-size: .95rem; }
        .claims li { padding: .15rem 0; }
        .sign { font-weight: 650; }
        .holds .sign { color: var(--good); }
        .fails .sign { color: var(--bad); }
        .skipped .sign, .left-out { color: var(--open); }
        .quiet { color: var(--muted); font-size: .9rem; }
        details { margin: 0 0 1rem; }
        summary { cursor: pointer; color: var(--accent); padding: .2rem 0; }
        dl { margin: 0; }
        dl > div { display: grid; grid-template-columns: minmax(7rem, 11rem) 1fr; gap: .2rem 1rem; padding: .3rem 0; }
        dt { font-weight: 600; }
        dd { margin: 0; }
        dl > div:target { background: var(--ground); }
        @media (max-width: 34rem) { dl > div { grid-template-columns: 1fr; } pre { font-size: .78rem; } }
        @media print {
          :root { --page: #fff; --surface: #fff; --ink: #000; --muted: #444; --line: #bbb; --ground: #f2f2f2; --accent: #000;
            --mark: #e4e4e4; --mark-ink: #000; --good: #000; --bad: #000; --open: #000; }
          body { max-width: none; font-size: 10.5pt; }
          nav, .skip { display: none; }
          pre { white-space: pre-wrap; overflow-wrap: anywhere; }
          section { break-inside: auto; }
          h2, h3, pre, .question, .claims { break-inside: avoid; break-after: auto; }
          h2 { break-after: avoid; }
          details::details-content { content-visibility: visible; block-size: auto; }
        }

        """
}
