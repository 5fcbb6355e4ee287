/// The experiments isolab brings along.
package enum Preset: String, Sendable, CaseIterable {
    /// Five to seven minutes on two cores without hardware virtualisation; n is declared, and smaller than `full`'s.
    case quick
    /// n = 50, and 200 where only processes start, which is what a 99th percentile needs.
    case full
}

extension Experiment {
    /// The experiment of a preset.
    package static func preset(_ preset: Preset, seed: UInt64) -> Experiment {
        let all = LaneCatalogue.entries.filter(\.isDefault).map(\.id)
        let processes = LaneCatalogue.entries.filter { $0.isDefault && !$0.kind.isGuest }.map(\.id)
        let served = ["native", "container", "container-noseccomp", "container-userns", "vm", "oci:runsc"]
        let idle = ["native", "container", "vm", "oci:crun", "oci:runsc"]
        func known(_ lanes: [String]) -> [String] { lanes.filter(all.contains) }
        switch preset {
        case .quick:
            return Experiment(
                name: "quick", seed: seed,
                parts: [
                    Part(
                        kind: "startup", workload: "exit", lanes: all, blocks: 20, guestBlocks: 12, warmups: 2,
                        idleMilliseconds: 50),
                    Part(kind: "startup", workload: "exit", lanes: processes, blocks: 50, idleMilliseconds: 0),
                    Part(
                        kind: "memory", workload: "ready", lanes: known(idle), blocks: 8, warmups: 1, instances: 96,
                        peerInstances: 16, settleMilliseconds: 40),
                    // Many short samples decide more than few long ones: a sample is its median over the batches. One of a process takes a
                    // twentieth of a second; it is guests that take the time.
                    Part(
                        kind: "syscalls", workload: "syscalls", lanes: known(served), blocks: 60, guestBlocks: 16,
                        warmups: 1, batches: 5),
                    Part(kind: "harness", workload: "exit", lanes: ["native", "bare"], blocks: 100),
                ])
        case .full:
            return Experiment(
                name: "full", seed: seed,
                parts: [
                    Part(kind: "startup", workload: "exit", lanes: all, blocks: 50, idleMilliseconds: 50),
                    Part(kind: "startup", workload: "exit", lanes: processes, blocks: 200, idleMilliseconds: 0),
                    Part(
                        kind: "memory", workload: "ready", lanes: all.filter { $0 != "vm-micro" }, blocks: 10,
                        warmups: 1, instances: 128,
                        peerInstances: 24, guestInstances: 3, settleMilliseconds: 500),
                    Part(kind: "syscalls", workload: "syscalls", lanes: known(served), blocks: 50, batches: 20),
                    Part(kind: "harness", workload: "exit", lanes: ["native", "bare"], blocks: 200),
                ])
        }
    }
}
