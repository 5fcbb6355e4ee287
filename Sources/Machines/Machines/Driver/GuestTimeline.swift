/// The instants of one guest's life, absolute ns on `HostClock`; `nil` where one never came or cannot be seen.
package struct GuestTimeline: Codable, Hashable, Sendable {
    /// The call that started it.
    package var launch: UInt64
    /// libvirt's create was called.
    package var createCalled: UInt64?
    /// QEMU's process exists.
    package var spawned: UInt64?
    /// QEMU made its devices and opened the channel.
    package var connected: UInt64?
    /// The vCPU began to run; without libvirt it cannot be told from outside.
    package var resumed: UInt64?
    /// The first byte from the workload.
    package var firstByte: UInt64?
    /// The workload's last line.
    package var lastLine: UInt64?
    /// The guest powered off or reset, or QEMU's process ended where nobody told.
    package var shutdown: UInt64?
    /// QEMU's process was reaped.
    package var reaped: UInt64?
    /// libvirt let it go.
    package var stopped: UInt64?
    /// How often its processors had come back to the host when it first spoke; nil where nobody counted.
    package var exitsAtFirstByte: UInt64?

    package init(launch: UInt64) { self.launch = launch }

    /// `resumed`, unless libvirt told it later than the guest spoke, which then ran already: a guest of a few instructions does.
    package var resumedBeforeSpeaking: UInt64? {
        guard let resumed, let firstByte, resumed > firstByte else { return resumed }
        return nil
    }

    /// Everything that was the guest is gone.
    package var released: UInt64? {
        guard let reaped else { return stopped }
        return max(reaped, stopped ?? 0)
    }
}

/// A stretch of a guest's life, for the waterfall: absolute ns on `HostClock`.
package struct GuestPhase: Codable, Hashable, Sendable {
    package var name: String
    /// `libvirt`, `qemu`, `guest kernel`, `workload`.
    package var actor: String
    package var start: UInt64
    package var end: UInt64
    /// How often the guest's processors came back to the host meanwhile, where KVM counts it.
    package var exits: UInt64?
}

extension GuestTimeline {
    /// The stretches between the instants that were seen, in order of time.
    ///
    /// Firmware and kernel are one stretch: nothing outside tells where one ends, and a marker would cost what it shows.
    package var phases: [GuestPhase] {
        var phases: [GuestPhase] = []
        func add(_ name: String, _ actor: String, _ start: UInt64?, _ end: UInt64?, exits: UInt64? = nil) {
            guard let start, let end, end > start else { return }
            phases.append(GuestPhase(name: name, actor: actor, start: start, end: end, exits: exits))
        }
        add("prepare channel", "launcher", launch, createCalled)
        add(
            createCalled == nil ? "spawn" : "define and spawn", createCalled == nil ? "launcher" : "libvirt",
            createCalled ?? launch, spawned)
        add("make devices", "qemu", spawned, connected)
        // A daemon's QEMU is first seen when it opens the channel.
        if spawned == nil { add("define, spawn, make devices", "libvirt", createCalled, connected) }
        if resumed != nil, resumedBeforeSpeaking == nil {
            add("query, resume and start", "libvirt", connected, firstByte, exits: exitsAtFirstByte)
        } else {
            // Between these two libvirt asks QEMU some four hundred questions; without libvirt there is no such stretch.
            add("query and resume", "libvirt", connected, resumed)
            add("firmware and kernel", "guest kernel", resumed ?? connected, firstByte, exits: exitsAtFirstByte)
        }
        // Nobody counts here: a look in between would cost what it shows, and at its end the guest is gone before it could answer.
        add("workload", "workload", firstByte, lastLine)
        add("power off", "guest kernel", lastLine ?? firstByte, shutdown)
        add("end of process", "qemu", shutdown, reaped)
        // virProcessKillPainfully sleeps 200 ms before it looks again whether the process is gone.
        add("let go, by a poll of 200 ms", "libvirt", reaped ?? shutdown, stopped)
        return phases
    }
}
