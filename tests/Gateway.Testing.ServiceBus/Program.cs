// What the program does comes with the broker.
return 0;
