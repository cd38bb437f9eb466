using System.Xml.Linq;

namespace Gateway.Core.Tests.Architecture;

/// <summary>What a project file refers to, whatever the conditions.</summary>
internal sealed record Project(string Name, string Sdk, string[] Projects, string[] Packages, string[] Frameworks)
{
    public static Project Parse(string name, string xml)
    {
        var root = XDocument.Parse(xml).Root!;
        return new(
            name,
            (string?)root.Attribute("Sdk") ?? "",
            [.. Includes(root, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path.Replace('\\', '/')))],
            [.. Includes(root, "PackageReference")],
            [.. Includes(root, "FrameworkReference")]);
    }

    private static IEnumerable<string> Includes(XElement root, string name) =>
        root.Descendants().Where(element => element.Name.LocalName == name).Select(element => (string?)element.Attribute("Include")).OfType<string>();
}
