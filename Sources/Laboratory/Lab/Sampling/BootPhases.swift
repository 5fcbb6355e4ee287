/// Parts a guest's stretch "firmware and kernel" at the points that its kernel's own log names.
///
/// The log counts from when the kernel first had a clock; its last point, the start of the first process, is taken for the workload's
/// first byte, from which it is a moment away. What lies before the kernel's clock is firmware, loading, and the kernel's first steps.
enum BootPhases {
    /// The points in order, as the workload says them, and what lies between the one before and it.
    private static let points: [(value: String, name: String)] = [
        ("boot.memory", "processor and memory"), ("boot.processors", "core, further processors"),
        ("boot.initialised", "drivers, initramfs"), ("boot.run", "first process"),
    ]
    static let whole = "firmware and kernel"

    static func parted(_ stretches: [Stretch], values: [String: Double]) -> [Stretch] {
        guard let place = stretches.firstIndex(where: { $0.name == whole }), let last = values["boot.run"] else {
            return stretches
        }
        let stretch = stretches[place]
        let length = Double(stretch.end) - Double(stretch.start)
        guard last > 0, last < length else { return stretches }
        // Exits were counted over all of it: then that is told as well.
        var parts = stretch.exits == nil ? [] : [stretch]
        var from = stretch.start
        func add(_ name: String, until end: UInt64) {
            guard end > from else { return }
            parts.append(Stretch(name: name, actor: stretch.actor, start: from, end: end))
            from = end
        }
        func instant(_ value: Double) -> UInt64 { stretch.end - UInt64(max(0, last - value)) }
        add("firmware, loading, first steps", until: instant(0))
        for point in points {
            // A kernel may lack a point: what led to it is then part of what leads to the next.
            guard let value = values[point.value], value >= 0, value <= last else { continue }
            add(point.name, until: instant(value))
        }
        // Exits were counted over all of it.
        if !parts.isEmpty { parts[0].exits = stretch.exits }
        return Array(stretches[..<place]) + parts + Array(stretches[(place + 1)...])
    }
}
