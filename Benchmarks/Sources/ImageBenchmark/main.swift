import BenchmarkSupport
import Glibc
import Linux

// Containers of images and builds of them, whole commands, beside podman's.

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    guard geteuid() == 0 else {
        throw SystemError("start", "ImageBenchmark", errno: EPERM, advice: "run it as root")
    }
    hideUnifiedHierarchy()
    try SystemFile.makeDirectories(options.output)
    let bed = try Bed(options)
    defer { bed.remove() }
    for (name, experiment) in [("image-run", measureRuns), ("image-build", measureBuilds)] {
        let (table, csv) = try experiment(bed, options)
        try writeFile(table, "\(options.output)/\(name).md")
        try writeFile(csv, "\(options.output)/\(name).csv")
        print(table)
    }
} catch {
    warn("\(error)")
    exit(1)
}
