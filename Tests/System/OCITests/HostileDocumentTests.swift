import Foundation
import OCITestSupport
import TestSupport
import Testing

/// What fuzzing holds every document to, once more for those that are kept: the seeds of `Tests/Fuzz`, and what was once
/// found there.
@Suite struct HostileDocumentTests {
    @Test(arguments: DocumentKind.allCases)
    func keptDocumentsHold(kind: DocumentKind) throws {
        let folder = URL(filePath: Repository.path("Tests/Fuzz/Corpus/\(kind.rawValue)"))
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count >= 2, "no documents in \(folder.path)")
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: file))
            #expect(kind.violation(by: bytes) == nil, "\(file.path)")
            // The same broken off, and with a bit turned over, at some hundred places.
            for index in stride(from: 0, to: bytes.count, by: 1 + bytes.count / 400) {
                #expect(kind.violation(by: bytes[..<index]) == nil, "\(file.path), \(index) bytes of it")
                var turned = bytes
                turned[index] ^= 1 << UInt8(index % 8)
                #expect(kind.violation(by: turned) == nil, "\(file.path), byte \(index) turned")
            }
        }
    }
}
