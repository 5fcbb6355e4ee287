import CWorkload
import Freestanding

/// One timed batch: how many calls in how many ticks, or the error number that made it worthless.
struct Batch {
    var iterations: Int
    var ticks: UInt64
    /// Positive; 0 where every call succeeded. A call that fails looks fast.
    var failure: Int
}

/// The system calls of `syscalls`, each timed in batches, cheapest first.
///
/// The whole is pinned to one CPU: round trips then switch contexts in every lane alike, instead of waking another CPU
/// where there happens to be one. Iterations are fixed, so that lanes do the same work; `--scale` changes them all.
struct Suite {
    let batches: Int
    /// In thousandths.
    let scale: Int
    let executable: Executable
    /// The workload's own file, in the directory that the suite entered; nil where it was not found.
    let ownFile: UnsafePointer<CChar>?
    /// On the workload's own clock: a bound, so that a slow machine still ends and says what it left out.
    private let deadline: Int
    /// The CPU everything runs on; nil where the kernel does not pin.
    private var cpu: Int?

    init(batches: Int, scale: Int, executable: Executable) {
        self.batches = batches
        self.scale = scale
        self.executable = executable
        ownFile = executable.enterDirectory()
        deadline = monotonicNanoseconds() + 30_000_000_000
    }

    /// The exit status: 0 also where single calls could not be measured, because each of them said so.
    mutating func run(_ channel: inout Channel) -> Int32 {
        pin(&channel)
        channel.mark("begin")
        timeEmpty(&channel)
        timeCalls(&channel)
        timeFiles(&channel)
        timeMemory(&channel)
        timeRoundTrips(&channel)
        timeProcesses(&channel)
        channel.mark("end")
        return 0
    }

    var isPinned: Bool { cpu != nil }

    private mutating func pin(_ channel: inout Channel) {
        var current: UInt32 = 0
        let known = withUnsafeMutablePointer(to: &current) {
            systemCall(SystemCall.getcpu, Int(bitPattern: $0))
        }
        var mask = isolab_cpu_mask()
        isolab_cpu_mask_set(&mask, known < 0 ? 0 : current)
        let size = MemoryLayout<isolab_cpu_mask>.size
        let result = withUnsafeMutablePointer(to: &mask) {
            systemCall(SystemCall.setAffinity, 0, size, Int(bitPattern: $0))
        }
        if result < 0 {
            channel.error("sched_setaffinity", errno: -result, "not pinned to one CPU")
        } else {
            cpu = Int(current)
        }
    }
}

// MARK: - Batches

extension Suite {
    /// Runs the batches of one call and says each; the first, which warms the caches, is not said.
    @inline(__always)
    func series(_ name: StaticString, _ channel: inout Channel, _ one: (_ iterations: Int) -> Batch, iterations: Int) {
        let count = max(1, iterations * scale / 1000)
        var batch = -1
        while batch < batches {
            if monotonicNanoseconds() > deadline {
                channel.error(name, errno: ErrorNumber.timer, "left out: the suite's 30 s are over")
                break
            }
            let result = one(count)
            if result.failure != 0 {
                channel.error(name, errno: result.failure, "the call failed")
                break
            }
            if batch >= 0 { channel.batch(name, iterations: result.iterations, ticks: result.ticks) }
            batch += 1
        }
        channel.flush()
    }

    /// Times a call in a loop. A negative answer of any one spoils the batch.
    @inline(__always)
    func time(_ name: StaticString, iterations: Int, _ channel: inout Channel, _ call: () -> Int) {
        series(name, &channel, { timed($0, call) }, iterations: iterations)
    }

    /// The loop's own cost: batches of turns in which nothing is called. The host subtracts it per turn.
    private func timeEmpty(_ channel: inout Channel) {
        time("empty", iterations: 2000, &channel) {
            isolab_barrier()
            return 0
        }
    }
}

/// Times so many calls.
@inline(__always)
func timed(_ iterations: Int, _ call: () -> Int) -> Batch {
    var worst = 0
    var remaining = iterations
    let begin = isolab_ticks()
    while remaining > 0 {
        worst = min(worst, call())
        remaining -= 1
    }
    let end = isolab_ticks()
    return Batch(iterations: iterations, ticks: end &- begin, failure: -worst)
}
