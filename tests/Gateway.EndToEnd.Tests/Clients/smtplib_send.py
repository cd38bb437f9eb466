"""Sends the message on standard input; exits with 0 when every recipient gets it.

smtplib_send.py HOST PORT Plain|StartTls HELO FROM TO...
"""

import smtplib
import ssl
import sys

host, port, security, helo, sender, *recipients = sys.argv[1:]
message = sys.stdin.buffer.read()
try:
    with smtplib.SMTP(host, int(port), local_hostname=helo) as smtp:
        if security == "StartTls":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            smtp.starttls(context=context)
        refused = smtp.sendmail(sender, recipients, message, mail_options=["BODY=8BITMIME"])
except smtplib.SMTPException as error:
    sys.exit(repr(error))
if refused:
    sys.exit(repr(refused))
