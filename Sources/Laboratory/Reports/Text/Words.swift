import RunRecord

/// What the record's identifiers are called before a reader.
enum Words {
    /// A metric's title, without its span.
    static func metric(_ metric: String) -> String {
        switch metric {
        case Metric.startup: "Start-up"
        case Metric.teardown: "Teardown"
        case Metric.cpu: "CPU time"
        case Metric.memorySlope: "Memory, slope"
        case Metric.memoryPSS: "Memory, PSS"
        case Metric.memoryKernel: "Memory, the kernel's own"
        case "memory.kernel.slab": "Memory, kernel: slab"
        case "memory.kernel.page_tables": "Memory, kernel: page tables"
        case "memory.kernel.stacks": "Memory, kernel: stacks"
        case "memory.kernel.percpu": "Memory, kernel: per CPU"
        case "life": "Whole life"
        case Metric.memoryUnexplained: "Memory, unexplained"
        case Metric.memoryUSS: "Memory, USS"
        case Metric.memoryCgroup: "Memory, cgroup charge"
        case Metric.guestTotal: "Guest's MemTotal"
        case Metric.guestAvailable: "Guest's MemAvailable"
        default: call(metric) ?? metric
        }
    }

    /// The system call's name, where the metric is one's latency.
    static func call(_ metric: String) -> String? {
        metric.hasPrefix(Metric.syscallPrefix) ? String(metric.dropFirst(Metric.syscallPrefix.count)) : nil
    }

    /// What a span says in words.
    static func span(_ span: TimeSpan) -> String {
        switch (span.from, span.to) {
        case (EventName.launch, EventName.ready): "Start-up: the launch call until the first byte of the workload"
        case (EventName.launch, EventName.done): "The launch call until the workload's last line"
        case (EventName.launch, EventName.exit): "The launch call until the sandbox ended"
        case (EventName.exit, EventName.released): "Teardown: the sandbox's end until everything it held is released"
        case (EventName.launch, EventName.released): "The whole life: the launch call until everything is released"
        default: "From the event \(span.from) until \(span.to); only in lanes that have both"
        }
    }

    static func kind(_ kind: LaneKind) -> String {
        switch kind {
        case .native: "Native"
        case .container: "Containers, isolab's runtime"
        case .peer: "Containers, other runtimes"
        case .guest: "Guests"
        case .microGuest: "Micro-guests: the floor of a virtual machine, another workload, not ranked"
        }
    }

    /// A verdict's mark, so that it never hangs on colour alone.
    static func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .faster: "▼"
        case .slower: "▲"
        case .same: "="
        case .undecided: "?"
        }
    }

    /// `10 % of the reference, at least 50 µs`.
    static func margin(_ margin: Margin) -> String {
        let share = "\(Quantity.number(margin.share * 100))\u{A0}%".replacing(".00", with: "").replacing(
            ".0\u{A0}", with: "\u{A0}")
        guard margin.least > 0, let base = Margin.base(of: margin.unit) else { return "\(share) of the reference" }
        let least = Quantity.text(margin.least * base, margin.unit.hasSuffix("B") ? "B" : "ns")
        return "\(share) of the reference, at least \(least)"
    }

    /// A sentence without its full stop, to stand inside another.
    static func unstopped(_ sentence: String) -> String {
        sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    }

    /// `a, b and c`.
    static func list(_ items: [String]) -> String {
        guard items.count > 1 else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " and " + items[items.count - 1]
    }

    /// `1 sample`, `2 samples`.
    static func plural(_ count: Int, _ noun: String) -> String {
        "\(Quantity.count(count))\u{A0}\(noun)\(count == 1 ? "" : "s")"
    }
}
