import BenchmarkSupport
import Glibc
import Statistics

// Builds: twenty files copied, twenty commands run, without a cache; and the second again with one. Each builder in random order
// in each block. Nothing is removed meanwhile: creating files after many were deleted is slow on ext4, and would be measured.

func measureBuilds(_ bed: Bed, _ options: Options) throws -> (table: String, csv: String) {
    var generator = SeededGenerator(seed: options.seed)
    var samples: [String: [Double]] = [:]
    var csv = "block,lane,ns\n"
    let lanes = bed.builds
    for block in -1..<options.builds {
        var order = lanes
        generator.shuffle(&order)
        for lane in order {
            let time = try lane.time()
            guard block >= 0 else { continue }
            samples[lane.name, default: []].append(Double(time) / 1e6)
            csv += "\(block),\"\(lane.name)\",\(time)\n"
        }
    }
    let text = """
        # `image build`: whole commands, call → end

        \(options.builds) blocks, seed \(options.seed); every command's status checked. A layer an instruction (podman: `--layers`), \
        no network. Both write the same trees and configurations, which tests compare.


        """
    return (
        text
            + table(
                lanes.map { ($0.name, samples[$0.name] ?? []) },
                subject: { $0.replacing("podman", with: "isolab") }, seed: options.seed),
        csv
    )
}
