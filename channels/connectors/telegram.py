from channels.connectors.base import Connector, Facts


class Telegram(Connector):
    kind = "telegram"
    facts = Facts(max_text=4096, max_images=10)
