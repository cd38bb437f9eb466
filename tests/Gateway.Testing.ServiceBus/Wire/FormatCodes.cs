namespace Gateway.Testing.ServiceBus.Wire;

/// <summary>The constructors of AMQP 1.0 part 1 section 1.6 that the broker reads or writes by name.</summary>
internal static class FormatCodes
{
    public const byte Described = 0x00;
    public const byte Null = 0x40;
    public const byte True = 0x41;
    public const byte False = 0x42;
    public const byte UInt0 = 0x43;
    public const byte ULong0 = 0x44;
    public const byte List0 = 0x45;
    public const byte SmallUInt = 0x52;
    public const byte SmallULong = 0x53;
    public const byte Boolean = 0x56;
    public const byte UInt = 0x70;
    public const byte Int = 0x71;
    public const byte ULong = 0x80;
    public const byte Long = 0x81;
    public const byte Timestamp = 0x83;
    public const byte Uuid = 0x98;
    public const byte Binary8 = 0xA0;
    public const byte String8 = 0xA1;
    public const byte Symbol8 = 0xA3;
    public const byte Binary32 = 0xB0;
    public const byte String32 = 0xB1;
    public const byte Symbol32 = 0xB3;
    public const byte List8 = 0xC0;
    public const byte Map8 = 0xC1;
    public const byte List32 = 0xD0;
    public const byte Map32 = 0xD1;
}

/// <summary>Descriptors of the sections of a message, in the order in which they stand (AMQP 1.0 part 3 section 3.2).</summary>
internal static class SectionCodes
{
    public const ulong Header = 0x70;
    public const ulong DeliveryAnnotations = 0x71;
    public const ulong MessageAnnotations = 0x72;
    public const ulong Properties = 0x73;
    public const ulong ApplicationProperties = 0x74;
    public const ulong Data = 0x75;
    public const ulong Sequence = 0x76;
    public const ulong Value = 0x77;
    public const ulong Footer = 0x78;
}
