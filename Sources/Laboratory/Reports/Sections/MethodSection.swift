import RunRecord

/// What the words and figures mean and how they were come by.
struct MethodSection: ReportSection {
    let id = "method"
    let title = "Method"

    func blocks(_ reading: Reading) -> [Block] {
        [
            .heading("Clock and spans"),
            .paragraph(
                "One clock, the host's CLOCK_MONOTONIC_RAW; a guest's clock enters nothing. A guest's event is the host's "
                    + "instant at which its byte arrived. A span is a pair of events:"),
            .terms([
                ("launch", "the call that starts the sandbox"),
                ("ready", "the first byte from the workload's main arrived"),
                ("done", "the workload's last line arrived"),
                ("exit", "the workload's end, seen alike in every lane: its last line"),
                ("released", "everything that existed because of the sandbox is gone"),
            ]),
            .heading("Samples, blocks and admission"),
            .list([
                "A sample is one launch. It is admitted only if the workload exited as expected, echoed the nonce it was "
                    + "given and reported the work counter that the nonce demands. All others are kept with their reason.",
                "A cell with under 95\u{A0}% admitted prints no figure; it prints why.",
                "A block holds one sample of every lane in random order, and a hidden twin of "
                    + "\(reading.manifest.baseline): drift hits all lanes alike. The noise floor of a lane is by how much it differs "
                    + "from itself: the baseline from its twin, another between its even and its odd blocks.",
                "A launch killed at its deadline is known to have taken at least so long, and counts as that.",
                "\(Words.plural(reading.manifest.warmups, "warm-up")) a lane, recorded and never counted. No outlier is "
                    + "trimmed. The number of blocks was fixed beforehand.",
            ]),
            .heading("Statistics"),
            .list([
                "Medians with 95\u{A0}% intervals from order statistics (Hettmansperger and Sheather), from six samples on; p99 only "
                    + "from 200 admitted values. Where successive samples resemble each other, intervals are wider for it.",
                "Shift: Hodges–Lehmann, lane less reference; its 95\u{A0}% interval from the placements' variance, block by block "
                    + "where that is narrower. Ratio: the shift of the logarithms.",
                "Test: of the same statistic, studentized (Brunner and Munzel), never below Mann and Whitney's probability "
                    + "(Wilcoxon's in blocks) nor below 2^(1−n); Holm-corrected over the run's comparisons of the experiment and "
                    + "metric, all system calls together.",
                "Verdict: slower or faster where the corrected probability is under 0.05 and the interval excludes zero; the same "
                    + "where the whole interval lies within the margin declared beforehand and holds zero; else undecided.",
                Self.margins(reading.manifest),
                "System calls: the sample's median over its batches is the unit of inference.",
            ]),
            .heading("Lanes that are told apart"),
            .list([
                "KVM on hardware, nested KVM, TCG (software emulation) and PVM are different lanes. Emulated figures carry "
                    + "their label and are hatched; they say what this machine does, not what virtualisation costs.",
                "Micro-guests run another workload and are ranked with no other lane.",
            ]),
        ]
    }

    /// The margins of the run, or that it declared none.
    private static func margins(_ manifest: Manifest) -> String {
        guard let margins = manifest.margins else {
            return "Margins: this run declared none, so nothing in it is called the same."
        }
        return "Margins, declared beforehand: "
            + margins.map { "\($0.metric) \(Words.margin($0))" }.joined(separator: "; ") + "."
    }
}
