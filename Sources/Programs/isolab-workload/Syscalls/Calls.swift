import CWorkload
import Freestanding

// MARK: - Calls served by one process alone

extension Suite {
    /// The no-op, and the clock with and without the kernel.
    func timeCalls(_ channel: inout Channel) {
        let scratch = isolab_scratch()
        let now = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: isolab_timespec.self)
        if let function = VDSO(at: executable.vdso)?.function("__vdso_clock_gettime") {
            time("clock_gettime.vdso", iterations: 2000, &channel) {
                Int(isolab_call_clock_gettime(function, 1, now))
            }
        } else {
            channel.error("clock_gettime.vdso", errno: ErrorNumber.noEntry, "no __vdso_clock_gettime here")
        }
        time("getpid", iterations: 500, &channel) { systemCall(SystemCall.getpid) }
        time("clock_gettime", iterations: 400, &channel) {
            systemCall(SystemCall.clockGettime, 1, Int(bitPattern: scratch))
        }
    }

    /// One byte read from the workload's own file, its status, its opening; one byte written to a file in memory.
    func timeFiles(_ channel: inout Channel) {
        let scratch = Int(bitPattern: isolab_scratch())
        timeOwnFile(scratch, &channel)
        let name: StaticString = "isolab"
        let memory = systemCall(SystemCall.memfdCreate, name.address, 1)
        if memory < 0 {
            return channel.error("write", errno: -memory, "memfd_create failed")
        }
        time("write", iterations: 200, &channel) { systemCall(SystemCall.pwrite, memory, scratch, 1, 0) }
        _ = systemCall(SystemCall.close, memory)
    }

    private func timeOwnFile(_ scratch: Int, _ channel: inout Channel) {
        guard let name = ownFile else {
            channel.error("read", errno: ErrorNumber.noEntry, "cannot find its own file")
            channel.error("stat", errno: ErrorNumber.noEntry, "cannot find its own file")
            return channel.error("open_close", errno: ErrorNumber.noEntry, "cannot find its own file")
        }
        let path = Int(bitPattern: name)
        let own = systemCall(SystemCall.open, path)
        time("read", iterations: 200, &channel) { systemCall(SystemCall.pread, own, scratch, 1, 0) }
        _ = systemCall(SystemCall.close, own)
        time("stat", iterations: 100, &channel) { systemCall(SystemCall.stat, path, scratch) }
        time("open_close", iterations: 50, &channel) {
            let descriptor = systemCall(SystemCall.open, path)
            return descriptor < 0 ? descriptor : systemCall(SystemCall.close, descriptor)
        }
    }

    /// Mapping 64 KiB and giving it back untouched; the first touch of a page.
    func timeMemory(_ channel: inout Channel) {
        time("mmap_munmap", iterations: 50, &channel) {
            let address = anonymousMapping(65536)
            return address < 0 ? address : systemCall(SystemCall.munmap, address, 65536)
        }
        series("page_fault", &channel, faultPages, iterations: 256)
    }

    /// Small pages only: with transparent huge pages one fault would serve 512 of them.
    private func faultPages(_ pages: Int) -> Batch {
        let length = pages * 4096
        let address = anonymousMapping(length)
        guard address > 0, let start = UnsafeMutableRawPointer(bitPattern: address) else {
            return Batch(iterations: 0, ticks: 0, failure: -address)
        }
        _ = systemCall(SystemCall.madvise, address, length, 15)  // MADV_NOHUGEPAGE; kernels without them lack it
        var offset = 0
        let result = timed(pages) {
            start.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self)
            isolab_barrier()
            offset += 4096
            return 0
        }
        _ = systemCall(SystemCall.munmap, address, length)
        return result
    }
}

/// PROT_READ | PROT_WRITE; MAP_ANONYMOUS with MAP_PRIVATE or MAP_SHARED.
@inline(__always)
func anonymousMapping(_ length: Int, shared: Bool = false) -> Int {
    systemCall(SystemCall.mmap, 0, length, 3, shared ? 0x21 : 0x22, -1, 0)
}
