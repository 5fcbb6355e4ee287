import RunRecord

/// Micro-guests, apart: they have no kernel and do not run the same workload, so nothing ranks them with the others.
struct MicroGuestSection: ReportSection {
    let id = "micro-guests"
    let title = "Micro-guests: the floor of a virtual machine"

    func blocks(_ reading: Reading) -> [Block] {
        let lanes = reading.lanes.filter { !$0.ranked }
        guard !lanes.isEmpty, let condition = reading.primary else { return [] }
        return [
            .paragraph(
                "A guest of a few kilobytes without a kernel: what a virtual machine costs before any operating system. It does "
                    + "not run the workload of the other lanes and is ranked with none of them.")
        ] + StartupSection().view(reading, condition, .startup, lanes: lanes, name: "micro")
    }
}
