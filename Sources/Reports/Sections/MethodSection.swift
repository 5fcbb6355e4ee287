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
                    + "\(reading.manifest.baseline): drift hits all lanes alike, and the twin's difference is the noise floor.",
                "\(Words.plural(reading.manifest.warmups, "warm-up")) a lane, recorded and never counted. No outlier is "
                    + "trimmed. The number of blocks was fixed beforehand.",
            ]),
            .heading("Statistics"),
            .list([
                "Medians with bootstrap 95\u{A0}% intervals (10\u{A0}000 resamples); p99 only from 200 admitted values.",
                "Shift: Hodges–Lehmann, lane less \(reading.manifest.baseline), with its bootstrap 95\u{A0}% interval.",
                "Test: Mann–Whitney U, two-sided, Holm-corrected over the run's comparisons of the experiment and metric.",
                "Verdict: slower or faster only where the test agrees and the shift clears the noise floor; otherwise the same "
                    + "within the floor, or undecided.",
                "Spans other than the summary's, and libvirt's cost, carry intervals from order statistics.",
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
}
