import Testing

@testable import Lab

@Suite struct ManifestBuilderTests {
    /// The command that measures the same again is copied from a report into a shell: what means something there stands in quotation
    /// marks, and nothing else does.
    @Test func theCommandIsQuoted() {
        let options = BenchOptions(
            file: "it's mine.yaml", lanes: ["native", "oci:crun"], image: "a|b",
            connect: "qemu+ssh://host/system?a=1&b=2")
        let command = ManifestBuilder.command(options, Experiment.preset(.quick, seed: 7))
        #expect(
            command
                == #"isolab bench 'it'\''s mine.yaml' --lanes native,oci:crun --image 'a|b' "#
                + "--connect 'qemu+ssh://host/system?a=1&b=2' --seed 7")
    }
}
