import Containers
import OCI

enum FeaturesCommand: Command {
    static let name = "features"
    static let summary = "print the features of this runtime as JSON"
    static let usage = ""
    static let options: [OptionSpecification] = []

    static func run(_ options: Options, _ context: Context) throws -> Int32 {
        try options.noMore(than: 0)
        print(String(decoding: Features.ofThisRuntime.json(), as: UTF8.self))
        return 0
    }
}
