import Glibc
import Layers
import Linux
import OCI

// One layer unpacked, once: `LayerBenchmark unpack BLOB DIRECTORY` prints wall-clock and CPU milliseconds and the peak
// resident set. A process a measurement, since that is what the peers are.

let arguments = CommandLine.arguments
guard arguments.count == 4, arguments[1] == "unpack" else {
    print("usage: LayerBenchmark unpack BLOB DIRECTORY")
    exit(2)
}
do {
    let blob = try OwnedDescriptor(opening: arguments[2], O_RDONLY)
    let begin = HostClock.now()
    let content = try LayerUnpacker().unpack(LayerBlob(blob.number), into: arguments[3])
    let wall = Double(HostClock.now() - begin) / 1e6
    var usage = rusage()
    getrusage(0, &usage)
    func milliseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1e3 + Double(time.tv_usec) / 1e3 }
    print(
        "wall_ms=\(wall) user_ms=\(milliseconds(usage.ru_utime)) system_ms=\(milliseconds(usage.ru_stime))",
        "peak_kib=\(usage.ru_maxrss) entries=\(content.entries) archive=\(content.archiveSize) diffid=\(content.diffID)"
    )
} catch {
    print(error)
    exit(1)
}
